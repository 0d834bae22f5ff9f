"""What other rooms are given of re-embedding when this one is ready."""

from brains import embedding_guard, status_vectors
from cognition.memory.reembedding.counts import stored
from cognition.memory.reembedding.doors import begin_url
from cognition.memory.reembedding.status import under_way, vectors
from cognition.memory.reembedding.tasks import RECURRING
from gateway.background import tasks


def join() -> None:
    """Let the guard know what is stored, the status page say it, the worker run the tasks."""
    embedding_guard.given_by(stored, begin_url, under_way)
    status_vectors.say_by(vectors)
    for recurring in RECURRING:
        tasks.register(recurring)
