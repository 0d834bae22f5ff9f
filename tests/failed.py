"""What failed in the passes of `make test`, said once more in its last lines: whoever sees
only the end of a long log sees that."""

from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

SHOWN_MAX = 10
LINE_MAX = 160


def failed_tests(report: Path) -> list[str]:
    """Return "test: what it said" for each that failed, from a report in JUnit's XML; none
    when the pass ended before it could write one."""
    if not report.exists():
        return []
    return list(_failed(ElementTree.parse(report)))


def _failed(
    report: "ElementTree.ElementTree[ElementTree.Element[str]]",
) -> Iterator[str]:
    for case in report.iter("testcase"):
        for outcome in (*case.iterfind("failure"), *case.iterfind("error")):
            where = case.get("classname", "").replace(".", "/")
            said = " ".join(outcome.get("message", "").split())
            yield f"{where}.py::{case.get('name')}: {said}"[:LINE_MAX]


def some_of(lines: list[str]) -> str:
    """Return the first few of them, one a line, and how many more there are."""
    left = len(lines) - SHOWN_MAX
    more = [f"... and {left} more"] if left > 0 else []
    return "".join(f"\n  {line}" for line in (*lines[:SHOWN_MAX], *more))
