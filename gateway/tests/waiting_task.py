"""A task for tests that waits as one for a model does."""

import threading

from gateway.background.api import task
from gateway.background.queues import PATIENT

begun: list[str] = []
may_end = threading.Event()


@task(queue_name=PATIENT)
def wait_for_word(name: str) -> None:
    """Note that it has begun, and wait."""
    begun.append(name)
    may_end.wait(5)
