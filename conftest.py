"""Fixtures for the tests of every room; they are written in `tests/fixtures.py`."""

pytest_plugins = ["tests.fixtures"]
