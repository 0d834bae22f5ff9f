"""Fixtures for the tests of this room."""

from collections.abc import Iterator

import pytest

from brains import live


@pytest.fixture(autouse=True)
def _nothing_is_live() -> Iterator[None]:
    """Let each test begin as a process does that has loaded nothing yet."""
    live.forget()
    yield
    live.forget()
    live.changed.clear()
