"""A worker of the background tasks as a process of its own, which tests may kill, and what it
has made so far."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cognition.memory.models import Memory, MemoryVector
from cognition.tests.memories import E5, WIDE, vector_count
from tests.isolation import plain
from tests.server import ROOT
from tests.upstream import FakeUpstream

BATCH = 64
LOG = "log"


@contextmanager
def worker(
    folder: Path, url: str, upstream: FakeUpstream
) -> Iterator["subprocess.Popen[bytes]"]:
    """Start one on the database at `url` ("" for SQLite in `folder`), whose models are all
    on one server; its log goes into the folder."""
    environment = plain(os.environ) | {
        "AURA_DATA_DIR": str(folder),
        "AURA_ENV_FILE": str(folder / ".env"),
        "DATABASE_URL": url,
        "OPENROUTER_BASE_URL": upstream.url,
        "OPENROUTER_API_KEY": "tests-only",
        "AURA_OFFLINE_CHAT_URL": upstream.url,
        "AURA_OFFLINE_EMBEDDING_URL": upstream.url,
    }
    command = [sys.executable, "manage.py", "run_tasks", "--interval=0.05"]
    with (folder / LOG).open("ab") as log:
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=log, stderr=log
        )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def made() -> int:
    """Return how many vectors there are of the new model."""
    found = MemoryVector.objects.filter(model=WIDE.model, dimension=WIDE.dimension)
    return found.count()


def assert_each_once(count: int) -> None:
    """Assert that each memory has one vector of either model, and none is lost."""
    assert Memory.objects.count() == count
    assert vector_count() == {E5: count, WIDE: count}
    having = MemoryVector.objects.filter(model=WIDE.model)
    assert having.values("memory").distinct().count() == count


def asked_for(upstream: FakeUpstream) -> int:
    """Return how many texts the model server was sent."""
    inputs = [(request.body or {}).get("input") for request in upstream.requests]
    return sum(len(each) for each in inputs if isinstance(each, list))
