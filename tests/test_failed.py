"""The last lines of `make test` name what failed, and where no test was: they may be all that
somebody sees."""

import subprocess
import sys

import pytest

from tests.failed import failed_tests, some_of
from tests.run import NO_TESTS_SELECTED, Pass, _conclude

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


def concluded(capsys, sqlite, postgres):
    passes = [Pass("SQLite", sqlite, 4.6, []), Pass("PostgreSQL", postgres, 7.2, [])]
    return _conclude(passes), capsys.readouterr().out.strip()


def test_the_last_line_says_how_long_each_database_took(capsys):
    said = "All tests passed (SQLite 5 s, PostgreSQL 7 s)."
    assert concluded(capsys, 0, 0) == (0, said)


def test_the_last_line_says_on_which_database_none_was_selected(capsys):
    said = "All tests passed (SQLite 5 s, on PostgreSQL none was selected)."
    assert concluded(capsys, 0, NO_TESTS_SELECTED) == (0, said)


def test_none_selected_anywhere_is_no_success(capsys):
    none = NO_TESTS_SELECTED
    assert concluded(capsys, none, none) == (none, "No test was selected.")
