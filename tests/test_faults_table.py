"""Every row of the table of faults has its test, and docs/faults.md still fits the tests."""

from functools import cache

import pytest

from tests.faults import marks
from tests.faults.document import NOT_YET, PAGE, rows_in
from tests.faults.rows import ROWS, SECTIONS

FILES = marks.files_of_tests()
APPLY = {name for name, row in ROWS.items() if not row.later}


@cache
def marked() -> list[marks.Marked]:
    """Return every mark; no process reads all files that does not ask."""
    return marks.marked_in(FILES)


@pytest.fixture(scope="module")
def page() -> str:
    return PAGE.read_text()


def test_every_row_that_applies_has_a_test():
    assert sorted(APPLY - {mark.row for mark in marked()}) == []


def test_every_test_proves_a_row_that_there_is():
    unknown = [mark for mark in marked() if mark.row not in APPLY]
    assert unknown == []


def test_rows_are_numbered_without_a_gap():
    assert sum(len(part.rows) for part in SECTIONS) == len(ROWS)
    for part, letter in zip(SECTIONS, "UCDEW", strict=True):
        expected = [f"{letter}{number}" for number in range(1, len(part.rows) + 1)]
        assert [row.id for row in part.rows] == expected


def test_the_page_has_every_row(page):
    assert list(rows_in(page)) == list(ROWS)


def test_the_page_promises_what_the_rows_promise(page):
    words = [f"| {row.id} | {row.fault} | {row.promise} |" for row in ROWS.values()]
    assert [text for text in words if text not in page] == []


def test_the_page_names_tests_that_there_are(page):
    named = {test for tests in rows_in(page).values() for test in tests}
    assert sorted(named - marks.defined_in(FILES)) == []


def test_the_page_names_a_test_for_each_row_that_applies(page):
    assert sorted(row for row, tests in rows_in(page).items() if not tests) == sorted(
        ROWS.keys() - APPLY
    )


def test_the_page_tells_of_no_row_that_failed(page):
    assert "**failed**" not in page and "**no test**" not in page
    assert page.count(NOT_YET) == len(ROWS) - len(APPLY)
