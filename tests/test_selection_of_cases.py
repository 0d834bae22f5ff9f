"""On PostgreSQL `make test` does each test once: the same case in every process."""

import random
from types import SimpleNamespace

from tests.fixtures import first_cases

NAMES = ["a.py::one[x]", "a.py::one[y]", "a.py::two", "b.py::one[z]", "b.py::one[a]"]


def test_each_test_keeps_one_case_in_whatever_order_they_come():
    for seed in range(5):
        items = [SimpleNamespace(nodeid=name) for name in NAMES]
        random.Random(seed).shuffle(items)
        kept = sorted(item.nodeid for item in items if item in first_cases(items))
        assert kept == ["a.py::one[x]", "a.py::two", "b.py::one[a]"]
