"""Reflections and the worker's death: killed in the middle, one is done again, and kept once."""

import json
import shutil
from contextlib import ExitStack

import pytest
from django.utils import timezone

from brains.selection import Ladder, Snapshot, resolve
from cognition.conversations.models import Conversation, Turn
from cognition.kept_selection import kept
from cognition.memory.models import Memory, MemoryVector
from cognition.reflection.models import Reflection
from cognition.reflection.tasks import reflect
from cognition.tests.conftest import MODELS
from cognition.tests.test_reflection import INSIGHT, completion
from tests.own_database import own_database
from tests.waiting import wait_until
from tests.workers import worker_of

State = Reflection.State


@pytest.fixture
def sqlite(migrated_folder, tmp_path, django_db_blocker):
    """A database that other processes can open."""
    shutil.copytree(migrated_folder, tmp_path, dirs_exist_ok=True)
    with django_db_blocker.unblock(), own_database("", tmp_path):
        yield


@pytest.fixture
def start(sqlite, tmp_path, upstream):
    """Return a function that starts a worker."""
    settings = {
        "OPENROUTER_BASE_URL": upstream.url,
        "OPENROUTER_API_KEY": "sk-tests",
    }
    worker = worker_of(tmp_path, settings)
    with ExitStack() as running:
        yield lambda: running.enter_context(worker())


def a_turn() -> Reflection:
    """Return the job of a turn that is over, enqueued."""
    selection = resolve(Snapshot("Test", "test", MODELS), Ladder(), revision=7)
    turn = Turn.objects.create(
        conversation=Conversation.objects.create(person="client:ada"),
        number=1,
        message="I am Ada",
        reply="Hello Ada",
        revision=7,
        selection=kept(selection),
    )
    reflection = Reflection.objects.create(turn=turn, leased_until=timezone.now())
    reflect.enqueue(reflection.pk)
    return reflection


def asked(upstream) -> int:
    return sum(request.model == "m/two" for request in upstream.requests)


def is_done() -> bool:
    return Reflection.objects.filter(state=State.DONE).exists()


@pytest.mark.slow
@pytest.mark.fault("D18")
def test_a_job_whose_worker_is_killed_is_done_by_another_and_kept_once(
    start, upstream, measured
):
    upstream.script("m/vectors", dimension=8)
    upstream.script("m/two", stall=True)
    reflection = a_turn()
    worker = start()
    wait_until(lambda: asked(upstream) == 1, "L2 to be asked", timeout_s=20)
    worker.kill()
    worker.wait()
    running = Reflection.objects.get(state=State.RUNNING)
    assert running.leased_until is not None
    lease_s = (running.leased_until - timezone.now()).total_seconds()
    assert lease_s < 60

    upstream.script("m/two", body=completion(json.dumps(INSIGHT)))
    # Not waited for: the lease is over.
    Reflection.objects.update(leased_until=timezone.now())
    reflect.enqueue(reflection.pk)  # and it comes twice
    start()
    wait_until(is_done, "the insight", timeout_s=30)
    measured(f"taken up after its lease of {lease_s:.0f} s at most")
    assert asked(upstream) == 2
    assert Reflection.objects.get().attempts == 2
    notes = Memory.objects.filter(kind=Memory.Kind.NOTED)
    assert [note.text for note in notes] == INSIGHT["remember"]
    assert MemoryVector.objects.count() == 2
