"""A pytest plugin that gathers what the tests of faults found: `--faults-out FILE` writes it
as JSON. Rows and measurements travel in `user_properties`, also from the processes of xdist.
"""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path

import pytest

MARK, MEASURED = "fault", "measured"


@dataclass
class Proof:
    """A test function and how it went, all its parameters together."""

    test: str
    """Its file and its name, such as tests/test_swap.py::test_swaps_lose_nothing."""
    rows: list[str] = field(default_factory=list)
    outcome: str = ""
    """ "passed", "failed" or "skipped": the worst of its parameters."""
    cases: int = 0
    measured: list[str] = field(default_factory=list)
    reason: str = ""
    """Why it was skipped."""


class Gatherer:
    """Turns the reports of one run into proofs, and writes them when it ends."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.proofs: dict[str, Proof] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take in a phase of a test: setup, call or teardown."""
        rows = _values(report, MARK)
        if not rows:
            return
        name = report.nodeid.partition("[")[0]
        proof = self.proofs.setdefault(name, Proof(name))
        proof.rows = _joined(proof.rows, rows)
        proof.outcome = _worse(proof.outcome, report.outcome)
        proof.cases += report.when == "setup"
        if report.when == "teardown":  # by now all has been noted
            proof.measured = _joined(proof.measured, _values(report, MEASURED))
        if report.skipped and isinstance(report.longrepr, tuple):
            proof.reason = str(report.longrepr[2]).removeprefix("Skipped: ")

    def pytest_sessionfinish(self) -> None:
        """Write the proofs, in the order of their names."""
        proofs = [asdict(self.proofs[name]) for name in sorted(self.proofs)]
        self._path.write_text(json.dumps(proofs, indent=1) + "\n")


def read_proofs(path: Path) -> list[Proof]:
    """Return what a run wrote to `path`."""
    return [Proof(**fields) for fields in json.loads(path.read_text())]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add --faults-out."""
    parser.addoption(
        "--faults-out",
        metavar="FILE",
        type=Path,
        help="write what the tests of faults found to FILE, as JSON",
    )
    parser.addoption(
        "--faults-rows",
        metavar="ROWS",
        default="",
        help="only the tests of these rows, such as U,D8: a letter stands for its rows",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Gather in the one process that hears of every test."""
    path = config.getoption("--faults-out")
    if path and not hasattr(config, "workerinput"):
        config.pluginmanager.register(Gatherer(path), "faults-gatherer")


def is_among(row: str, rows: str) -> bool:
    """Say whether a row is one of those that "U,D8" names."""
    return bool({row, row[:1]} & set(rows.split(",")))


def pytest_collection_modifyitems(
    config: pytest.Config, items: list[pytest.Item]
) -> None:
    """Leave out the tests of other rows than were asked for, and let the rows of each test
    travel with its reports."""
    if rows := config.getoption("--faults-rows"):
        others = [item for item in items if not _proves(item, rows)]
        config.hook.pytest_deselected(items=others)
        items[:] = [item for item in items if item not in others]
    for item in items:
        for mark in reversed(list(item.iter_markers(MARK))):
            item.user_properties.extend((MARK, row) for row in mark.args)


def _proves(item: pytest.Item, rows: str) -> bool:
    marks = item.iter_markers(MARK)
    return any(is_among(row, rows) for mark in marks for row in mark.args)


def _values(report: pytest.TestReport, name: str) -> list[str]:
    return [str(value) for key, value in report.user_properties if key == name]


def _joined(old: Iterable[str], new: Iterable[str]) -> list[str]:
    return list(dict.fromkeys([*old, *new]))


def _worse(one: str, other: str) -> str:
    order = ("", "passed", "skipped", "failed")
    return max(one, other, key=order.index)
