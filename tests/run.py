"""`python -m tests.run [--all] [--coverage] [arguments of pytest]`: the tests, on both
databases.

By itself: one case of each test that is not slow, on SQLite, then on a PostgreSQL that is
started for it those that use Django's database. With --all every case and the slow tests,
too, on SQLite; slow tests choose their databases themselves. With --every-case also on
PostgreSQL every case. With arguments of pytest all that they select.
"""

import os
import random
import sys
import tempfile
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests import commands
from tests.failed import failed_tests, some_of
from tests.made_once import share
from tests.postgres import PostgresServer
from tests.postgres_binaries import PostgresMissing
from tests.server import ROOT

NO_TESTS_SELECTED = 5
OWN_OPTIONS = ("--all", "--coverage", "--every-case")
# A file's tests stay together: they share their servers. Files stay in the order of
# tests/fixtures.py, slow ones first; xdist would begin with those that have many tests.
PARALLEL = ("--dist=loadfile", "--no-loadscope-reorder", "--maxprocesses=4")
# Slow tests wait most of their time, so two of them share a core.
CORES = os.cpu_count() or 1
WAITING, WORKING = f"--numprocesses={2 * CORES}", f"--numprocesses={CORES}"
# The second: where nothing may be cached, each process compiles every test for itself.
NOT_PASSED_ON = ("DATABASE_URL", "PYTHONDONTWRITEBYTECODE")
# Of these files none is about Django's database.
ELSEWHERE = [
    f"--ignore-glob={ROOT / pattern}" for pattern in ("providers/*", "tests/test_*")
]
NOT_SLOW, ONE_CASE = ("-m", "not slow"), ("--one-case",)
ON_POSTGRES = (WORKING, *ELSEWHERE, "--database-only", *NOT_SLOW)


@dataclass(frozen=True)
class Pass:
    """One run of the tests on one database, and how it went."""

    database: str
    exit_code: int
    took_s: float
    failed: list[str]


@dataclass(frozen=True)
class Run:
    """How to call pytest: under coverage or not, with which arguments."""

    options: Collection[str]
    arguments: Sequence[str]
    seed: int = field(default_factory=lambda: random.randrange(10_000))

    def one(self, database: str, url: str | None, *selection: str) -> Pass:
        """Run pytest once and say how it went. What is covered the run on SQLite shows:
        the other is of the same tests."""
        print(f"\n== Tests on {database} (order {self.seed}) ==", flush=True)
        environment = {k: v for k, v in os.environ.items() if k not in NOT_PASSED_ON}
        if url:
            environment["DATABASE_URL"] = url
        began = time.monotonic()
        is_covered = self.with_coverage and url is None
        with tempfile.TemporaryDirectory(prefix="aura-report-") as folder:
            report = Path(folder, "report.xml")
            command = [*self._command(selection, is_covered), f"--junitxml={report}"]
            exit_code = commands.run(command, environment)
            failed = failed_tests(report)
        return Pass(database, exit_code, time.monotonic() - began, failed)

    @property
    def with_coverage(self) -> bool:
        """Whether the run on SQLite shows which lines were reached."""
        return "--coverage" in self.options

    @property
    def on_sqlite(self) -> Sequence[str]:
        """What is left out of the first run: nothing that somebody asks for by name."""
        if self.arguments or "--all" in self.options:
            return (WAITING,)
        return (WORKING, *NOT_SLOW, *ONE_CASE)

    @property
    def on_postgres(self) -> Sequence[str]:
        """What is left out of the second: parameters vary what is said to the database and
        seldom what it does, so one of them shows that a test passes."""
        every_case = self.arguments or "--every-case" in self.options
        return ON_POSTGRES if every_case else (*ON_POSTGRES, *ONE_CASE)

    def _command(self, selection: Sequence[str], is_covered: bool) -> list[str]:
        command = [sys.executable, "-m"]
        if is_covered:
            command += ["coverage", "run", "-m"]
        command += ["pytest", *PARALLEL, f"--randomly-seed={self.seed}"]
        return [*command, *selection, *self.arguments]


def _coverage(*arguments: str) -> int:
    return commands.run([sys.executable, "-m", "coverage", *arguments], os.environ)


def _report_coverage() -> int:
    print("\n== Coverage ==", flush=True)
    return _coverage("combine", "--quiet") or _coverage("report")


def main(arguments: Sequence[str]) -> int:
    """Run the tests on both databases and return 0 when all of them passed."""
    options = {argument for argument in arguments if argument in OWN_OPTIONS}
    rest = [argument for argument in arguments if argument not in OWN_OPTIONS]
    share()
    run = Run(options, rest)
    if run.with_coverage:
        _coverage("erase")
    passes = [run.one("SQLite", None, *run.on_sqlite)]
    try:
        with PostgresServer() as server:
            passes.append(run.one("PostgreSQL", server.url, *run.on_postgres))
    except PostgresMissing as error:
        print(error, file=sys.stderr)
        return 1
    exit_code = _conclude(passes)
    return exit_code or (_report_coverage() if run.with_coverage else 0)


def _conclude(passes: Sequence[Pass]) -> int:
    """Print one line about all passes and return the exit code of them together."""
    failed = [each for each in passes if each.exit_code not in (0, NO_TESTS_SELECTED)]
    times = ", ".join(map(_time, passes))
    ran = any(each.exit_code == 0 for each in passes)
    if failed:
        names = " and ".join(each.database for each in failed)
        print(f"\nTests failed on {names} ({times}).")
        for each in failed:
            print(f"\nOn {each.database}:{some_of(each.failed)}")
    else:
        print(f"\nAll tests passed ({times})." if ran else "\nNo test was selected.")
    return failed[0].exit_code if failed else 0 if ran else NO_TESTS_SELECTED


def _time(done: Pass) -> str:
    if done.exit_code == NO_TESTS_SELECTED:
        return f"on {done.database} none was selected"
    return f"{done.database} {done.took_s:.0f} s"


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
