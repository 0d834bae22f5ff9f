"""What other rooms are given of re-embedding when this one is ready."""

from datetime import timedelta

from brains import embedding_guard, status_vectors
from cognition.memory.reembedding.counts import stored
from cognition.memory.reembedding.doors import begin_url
from cognition.memory.reembedding.status import vectors
from cognition.memory.reembedding.tasks import EVERY, adopt_spaces, reembed
from gateway.background import tasks
from gateway.background.schedule import Recurring


def join() -> None:
    """Let the guard know what is stored, the status page say it, the worker run the tasks."""
    embedding_guard.given_by(stored, begin_url)
    status_vectors.say_by(vectors)
    tasks.register(Recurring(reembed, EVERY))
    tasks.register(Recurring(adopt_spaces, timedelta(hours=1)))
