"""Re-embedding: every memory gets its vector of the new model beside the old one, whatever
happens meanwhile, and then the preset is activated."""

from datetime import timedelta

import pytest
from django.db import OperationalError
from django.utils import timezone

from brains.tests.records import ANN, newest, revisions
from cognition.memory.models import Memory, MemoryVector
from cognition.memory.reembedding import (
    filling,
    lease,
    plans,
    tasks,
)
from cognition.memory.reembedding.embedder import Embedder
from cognition.memory.reembedding.models import ReEmbedding
from cognition.memory.store import Vector, recall
from cognition.tests.memories import (
    E5,
    WIDE,
    give_vectors,
    keep,
    serve_vectors,
    vector_count,
)
from cognition.tests.plans import LONG_S, after_each_batch, retry_now, the_plan
from gateway.background.models import Schedule

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("vectors_served")]
State = ReEmbedding.State


def asked(upstream):
    """Return how many texts came with each request."""
    return [len(request.body["input"]) for request in upstream.requests]


def test_every_memory_gets_its_vector_then_the_preset_is_live(wide, upstream):
    keep(150, E5)
    plans.begin(wide, ANN)

    assert not tasks.run(LONG_S)

    assert vector_count() == {E5: 150, WIDE: 150}
    assert asked(upstream) == [64, 64, 22]
    assert revisions()[-1] == (2, "activate", "Wide")
    assert (newest().by_name, newest().reason) == ("ann", "cheaper")
    plan = the_plan()
    assert (plan.state, plan.done, plan.total, plan.revision) == ("done", 150, 150, 2)
    assert plan.outcome == f"Wide is live, with vectors of {WIDE}."


def test_only_what_lacks_a_vector_is_embedded(wide, upstream):
    memories = keep(100, E5)
    give_vectors(memories[:90], WIDE)

    plans.begin(wide, ANN)
    tasks.run(LONG_S)

    assert asked(upstream) == [10] and vector_count()[WIDE] == 100
    texts = [text for request in upstream.requests for text in request.body["input"]]
    assert sorted(texts) == sorted(memory.text for memory in memories[90:])


def test_a_run_stops_at_its_time_and_the_next_goes_on(wide, upstream):
    keep(10, E5)
    plans.begin(wide, ANN)

    assert tasks.run(-1.0)
    assert the_plan().state == State.RUNNING and upstream.requests == []
    assert not tasks.run(LONG_S)

    assert the_plan().state == State.DONE


def test_there_being_more_to_do_makes_the_task_due(wide, monkeypatch):
    monkeypatch.setattr(tasks, "WITHIN_S", -1.0)
    later = timezone.now() + timedelta(minutes=1)
    Schedule.objects.create(name=plans.TASK, due_at=later)

    tasks.reembed.call()
    assert Schedule.objects.get().due_at == later
    keep(10, E5)
    plans.begin(wide, ANN)
    assert Schedule.objects.get().due_at < later
    Schedule.objects.update(due_at=later)
    tasks.reembed.call()

    assert tasks.reembed.module_path == plans.TASK
    assert Schedule.objects.get().due_at < later


def test_a_pause_keeps_what_is_embedded_and_resume_goes_on(wide, upstream, monkeypatch):
    monkeypatch.setattr(filling, "BATCH", 4)
    keep(10, E5)
    plan = plans.begin(wide, ANN)

    def pause_at_the_second(request):
        if len(upstream.requests) == 2:
            plans.pause(the_plan())

    after_each_batch(upstream, monkeypatch, pause_at_the_second)
    tasks.run(LONG_S)

    assert the_plan().state == State.PAUSED
    assert vector_count() == {E5: 10, WIDE: 4}
    tasks.run(LONG_S)
    assert vector_count() == {E5: 10, WIDE: 4} and newest().preset_name == "Offline"
    monkeypatch.undo()
    plans.resume(plan)
    tasks.run(LONG_S)
    assert the_plan().state == State.DONE and vector_count()[WIDE] == 10


def test_a_provider_that_fails_is_tried_again_later_each_time(wide, upstream):
    keep(10, E5)
    plans.begin(wide, ANN)
    upstream.script(WIDE.model, status=503)

    waits = []
    for _ in range(3):
        began = timezone.now()
        assert not tasks.run(LONG_S)
        plan = the_plan()
        assert plan.retry_at is not None and plan.state == State.RUNNING
        waits.append((plan.retry_at - began).total_seconds())
        count = len(upstream.requests)
        tasks.run(LONG_S)
        assert len(upstream.requests) == count, "it was asked before its time"
        retry_now()

    for wait_s, least_s in zip(waits, (5, 10, 20), strict=True):
        assert least_s <= wait_s < 2 * least_s
    assert "503" in the_plan().error and the_plan().failing_since
    serve_vectors(upstream)
    tasks.run(LONG_S)
    assert the_plan().state == State.DONE and the_plan().failing_since is None


def test_vectors_of_the_wrong_length_are_a_failure(wide, upstream):
    keep(10, E5)
    plans.begin(wide, ANN)
    upstream.script(WIDE.model, dimension=100)

    tasks.run(LONG_S)

    assert "vectors of 100 numbers where the dimension is 576" in the_plan().error
    assert vector_count() == {E5: 10}


def test_a_text_that_is_refused_is_left_out_and_holds_nothing_up(
    wide, upstream, monkeypatch
):
    memories = keep(20, E5)
    bad = memories[13]
    Memory.objects.filter(pk=bad.pk).update(text="refuse me")
    refuse_batches_with(monkeypatch, upstream, "refuse me")
    plans.begin(wide, ANN)

    while tasks.run(LONG_S):
        pass

    plan = the_plan()
    assert (plan.state, plan.refused) == (State.DONE, [bad.pk])
    assert plan.outcome.endswith("Its provider refused 1 of the memories.")
    assert vector_count() == {E5: 20, WIDE: 19} and newest().preset_name == "Wide"
    count = len(upstream.requests)
    tasks.run(LONG_S)
    assert len(upstream.requests) == count, "what is refused is not asked for ever"


def refuse_batches_with(monkeypatch, upstream, text):
    """Let the upstream answer 400 for each batch that has this text."""
    embed = Embedder.embed

    def scripted(self, texts, selection, beat):
        if text in texts:
            upstream.script(WIDE.model, status=400)
        else:
            serve_vectors(upstream)
        return embed(self, texts, selection, beat)

    monkeypatch.setattr(Embedder, "embed", scripted)


def test_a_model_that_refuses_everything_is_to_blame(wide, upstream, monkeypatch):
    monkeypatch.setattr(filling, "REFUSED_MAX", 3)
    keep(20, E5)
    upstream.script(WIDE.model, status=400)
    plans.begin(wide, ANN)

    tasks.run(LONG_S)

    plan = the_plan()
    assert len(plan.refused) == 3 and plan.failing_since and "400" in plan.error


def test_a_memory_that_is_made_meanwhile_is_embedded_too(wide, upstream, monkeypatch):
    keep(10, E5)
    plans.begin(wide, ANN)
    made: list[Memory] = []

    def remember_one(_):
        if not made:
            made.extend(keep(1, E5, people=["client:eve"]))

    after_each_batch(upstream, monkeypatch, remember_one)
    tasks.run(LONG_S)

    assert vector_count() == {E5: 11, WIDE: 11} and the_plan().state == State.DONE


def test_a_memory_that_is_deleted_meanwhile_gets_no_vector(wide, upstream, monkeypatch):
    memories = keep(10, E5)
    plans.begin(wide, ANN)
    after_each_batch(
        upstream,
        monkeypatch,
        lambda _: Memory.objects.filter(pk=memories[3].pk).delete(),
    )

    tasks.run(LONG_S)

    assert vector_count() == {E5: 9, WIDE: 9} and the_plan().state == State.DONE


def test_recall_answers_by_what_is_live_throughout(wide, upstream, monkeypatch):
    monkeypatch.setattr(filling, "BATCH", 4)
    memories = keep(12, E5, people=["client:ann"])
    vector = MemoryVector.objects.get(memory=memories[5])
    asking = Vector(bytes(vector.vector), E5, 1)
    plans.begin(wide, ANN)
    seen = []
    after_each_batch(
        upstream,
        monkeypatch,
        lambda _: seen.append(recall("client:ann", asking, 1)[0].text),
    )

    tasks.run(LONG_S)

    assert seen == ["fact 5"] * 3


def test_a_database_that_goes_away_in_the_middle_loses_and_doubles_nothing(
    wide, upstream, monkeypatch
):
    monkeypatch.setattr(filling, "BATCH", 4)
    keep(10, E5)
    plans.begin(wide, ANN)
    batches = []

    def gone_at_the_second(_):
        batches.append(1)
        if len(batches) == 2:
            raise OperationalError("the server went away")

    after_each_batch(upstream, monkeypatch, gone_at_the_second)
    with pytest.raises(OperationalError):
        tasks.run(LONG_S)
    assert vector_count() == {E5: 10, WIDE: 4}
    tasks.run(LONG_S)

    assert vector_count() == {E5: 10, WIDE: 10} and the_plan().done == 10


def test_a_plan_that_another_process_has_is_left_alone_until_its_lease_ends(
    wide, upstream
):
    keep(10, E5)
    plans.begin(wide, ANN)
    until = timezone.now() + lease.LEASE
    ReEmbedding.objects.update(leased_by="1@elsewhere", leased_until=until)

    assert not tasks.run(LONG_S)
    assert upstream.requests == []
    ReEmbedding.objects.update(leased_until=timezone.now() - timedelta(seconds=1))
    tasks.run(LONG_S)

    assert the_plan().state == State.DONE and the_plan().leased_by == ""
