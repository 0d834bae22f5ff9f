"""Fixtures for the tests of every room, and what gathers the proofs of docs/faults.md; they
are written in `tests/`."""

pytest_plugins = ["tests.fixtures", "tests.faults.plugin"]
