"""The background task of memory: new vectors go into the column that pgvector searches."""

import time
from datetime import timedelta

from cognition.memory import pgvector
from gateway.background.api import task
from gateway.background.schedule import Recurring, soon

WITHIN_S = 15.0
EVERY = timedelta(minutes=1)


@task()
def index_memories() -> None:
    """Copy vectors into the column; what is left after a while is done soon."""
    until = time.monotonic() + WITHIN_S
    for _ in pgvector.fill():
        if time.monotonic() > until:
            soon(index_memories.module_path)
            return


INDEX = Recurring(index_memories, EVERY, is_wanted=pgvector.has_unfilled)
