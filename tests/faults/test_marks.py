"""Marks are found in the source of tests, wherever they may stand, and nowhere else."""

import pytest

from tests.faults.marks import Marked, defined_in, files_of_tests, marked_in

GOOD = """
import pytest

pytestmark = [pytest.mark.slow, pytest.mark.fault("D1")]

@pytest.mark.fault("U4")
def test_one(): ...

@pytest.mark.parametrize("n", [pytest.param(1, marks=pytest.mark.fault("U5"))])
@pytest.mark.fault("U4", "U4")
async def test_two(n): ...

def helper(): ...
"""


@pytest.fixture
def file(tmp_path):
    (tmp_path / "tests").mkdir()
    return tmp_path / "tests" / "test_it.py"


def test_marks_of_tests_and_of_files_are_found(file, tmp_path):
    file.write_text(GOOD)
    one, two = "tests/test_it.py::test_one", "tests/test_it.py::test_two"
    assert marked_in([file], tmp_path) == [
        Marked(one, "D1"),
        Marked(one, "U4"),
        Marked(two, "D1"),
        Marked(two, "U5"),
        Marked(two, "U4"),
    ]
    assert defined_in([file], tmp_path) == {one, two}
    assert files_of_tests(tmp_path) == [file]


@pytest.mark.parametrize(
    "hidden",
    [
        'MARK = pytest.mark.fault("U4")',
        'ROW = "U4"\n@pytest.mark.fault(ROW)\ndef test_one(): ...',
        '@pytest.mark.fault("U4")\ndef helper(): ...',
    ],
)
def test_a_mark_that_could_not_be_found_is_refused(file, tmp_path, hidden):
    file.write_text(hidden)
    with pytest.raises(ValueError, match="plain text|belongs to no test"):
        marked_in([file], tmp_path)
