"""`python -m bench.recall`: how long a recall takes among many memories of one person, in a
database of its own: SQLite, or what DATABASE_URL names."""

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from typing import Any

import django
import psutil
from django.core.management import call_command
from django.db import connection

PERSON = "client:bench"
FILLED_AT_ONCE = 2_000
THREADS = 4
RECALLED = 4
_MIB = 1024 * 1024


def main() -> int:
    """Fill a database, measure, and print a table."""
    options = _options()
    with tempfile.TemporaryDirectory(prefix="aura-recall-") as folder:
        os.environ |= {"AURA_DATA_DIR": folder, "LOG_LEVEL": "WARNING"}
        os.environ |= {"DJANGO_SETTINGS_MODULE": "aura_site.settings"}
        django.setup()
        call_command("migrate", verbosity=0)
        _say(f"Filling it with {options.memories:,} memories ...")
        mind = Mind(options.dimension)
        mind.fill(options.memories)
        _say("Measuring ...")
        print(_table(mind, options))
        connection.close()
    return 0


class Mind:
    """The memory of one person, and ways to use it."""

    def __init__(self, dimension: int) -> None:
        # Not before Django and its settings are there.
        self._store: Any = import_module("cognition.memory.store")
        self._space: Any = import_module("cognition.memory.space")
        self._matrices: Any = import_module("cognition.memory.matrices").MATRICES
        self._where = self._space.Space("bench/vectors", dimension)
        self._random: Any = import_module("numpy").random.default_rng(7)

    def fill(self, count: int) -> None:
        """Keep memories until there are so many."""
        table = self._store.Memory
        there = table.objects.filter(person=PERSON).count()
        for start in range(there, count, FILLED_AT_ONCE):
            numbers = range(start, min(start + FILLED_AT_ONCE, count))
            rows = [table(person=PERSON, text=_text(n)) for n in numbers]
            memories = table.objects.bulk_create(rows)
            self._store.keep_vectors([(memory, self.vector()) for memory in memories])

    def vector(self) -> Any:
        """Return a vector that points anywhere."""
        numbers = self._random.standard_normal(self._where.dimension)
        return self._store.Vector(self._space.packed(numbers), self._where, 1)

    def recall(self) -> None:
        """Recall what is nearest to any vector."""
        if len(self._store.recall(PERSON, self.vector(), RECALLED)) != RECALLED:
            raise RuntimeError("Too little was recalled: is the table filled?")

    def remember(self) -> None:
        """Keep one more."""
        kind = self._store.Kind.SAID
        self._store.remember(PERSON, "new", kind, vectors=[self.vector()])

    def forget_matrices(self) -> None:
        """Go back to a process that has recalled nothing."""
        self._matrices.forget()


def _table(mind: Mind, options: argparse.Namespace) -> str:
    rows = [f"| {options.memories:,} memories of {options.dimension} numbers | |"]
    rows.append("| --- | --- |")
    before = _rss()
    rows.append(
        f"| the first recall of a process, s | {_timed(mind.recall) / 1000:.2f} |"
    )
    taken = (_rss() - before) / _MIB
    rows.append(f"| memory that it takes, MiB | {taken:.0f} |")
    cpu = time.process_time()
    warm = [_timed(mind.recall) for _ in range(options.recalls)]
    cpu_ms = (time.process_time() - cpu) * 1000 / options.recalls
    rows.append(_row("a recall, warm", warm))
    rows.append(f"| CPU that it takes, ms | {cpu_ms:.1f} |")
    after_new = []
    for _ in range(options.recalls // 4):
        mind.remember()
        after_new.append(_timed(mind.recall))
    rows.append(_row("a recall after something new", after_new))
    with ThreadPoolExecutor(THREADS) as pool:
        at_once = list(pool.map(lambda _: _timed(mind.recall), range(options.recalls)))
        list(pool.map(lambda _: connection.close(), range(THREADS)))
    rows.append(_row(f"a recall, {THREADS} threads at once", at_once))
    return "\n".join(rows)


def _row(name: str, times_ms: list[float]) -> str:
    cuts = statistics.quantiles(times_ms, n=100, method="inclusive")
    return f"| {name}, ms: p50, p95, p99 | {cuts[49]:.1f}, {cuts[94]:.1f}, {cuts[98]:.1f} |"


def _timed(work: Callable[[], None]) -> float:
    """Return how many milliseconds it takes."""
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1000


def _rss() -> int:
    return int(psutil.Process().memory_info().rss)


def _text(number: int) -> str:
    return f"Memory {number}: something that was said, about as long as a sentence is."


def _say(sentence: str) -> None:
    print(sentence, file=sys.stderr)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.recall", description=__doc__)
    parser.add_argument("--memories", type=int, default=100_000)
    parser.add_argument("--dimension", type=int, default=384)
    parser.add_argument("--recalls", type=int, default=400)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
