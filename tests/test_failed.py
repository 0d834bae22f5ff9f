"""The last lines of `make test` name what failed: they may be all that somebody sees."""

import subprocess
import sys

import pytest

from tests.failed import failed_tests, some_of

TESTS = """
import pytest

@pytest.fixture
def broken():
    raise OSError("no room")

def test_good():
    pass

@pytest.mark.parametrize("port", [80])
def test_bad(port):
    assert port == 81, "another\\nport"

def test_set_up(broken):
    pass
"""


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    folder = tmp_path_factory.mktemp("failed")
    (folder / "test_three.py").write_text(TESTS)
    report = folder / "report.xml"
    command = [sys.executable, "-m", "pytest", "-q", f"--junitxml={report}"]
    bare = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    done = subprocess.run(command, cwd=folder, env=bare, capture_output=True)
    assert done.returncode == 1
    return report


def test_each_failure_and_broken_set_up_is_named_with_what_it_said(report):
    bad, set_up = sorted(failed_tests(report))
    assert bad.startswith("test_three.py::test_bad[80]: AssertionError: another port")
    assert set_up.startswith("test_three.py::test_set_up: failed on setup")
    assert "no room" in set_up


def test_a_pass_that_wrote_no_report_names_none(tmp_path):
    assert failed_tests(tmp_path / "report.xml") == []


def test_of_many_the_first_are_shown_and_the_rest_counted():
    lines = [f"test {number}" for number in range(12)]
    assert some_of(lines).splitlines()[-2:] == ["  test 9", "  ... and 2 more"]
    assert "more" not in some_of(lines[:10])
