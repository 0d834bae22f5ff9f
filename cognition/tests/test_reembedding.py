"""Re-embedding: every memory gets its vector of the new model beside the old one, then the
preset is activated, then the old vectors go after a grace time."""

from datetime import timedelta

import pytest
from django.db import OperationalError
from django.utils import timezone

from brains import activation, live
from brains.activation import Author
from brains.errors import EmbeddingLocked, PresetChanged
from brains.tests.records import ANN, newest, preset, revisions
from cognition.memory.models import Memory, MemoryVector
from cognition.memory.reembedding import filling, kept, lease, plans, tasks
from cognition.memory.reembedding.embedder import Embedder
from cognition.memory.reembedding.errors import ReEmbeddingRefused
from cognition.memory.reembedding.models import KeptSpace, ReEmbedding
from cognition.memory.store import Vector, recall
from cognition.tests.memories import (
    E5,
    WIDE,
    give_vectors,
    keep,
    vector_count,
    wide_preset,
)
from gateway.background.models import Schedule
from providers.registry import Registry
from providers.shipped import offline, openrouter

pytestmark = pytest.mark.django_db
State = ReEmbedding.State
LONG_S = 60.0


@pytest.fixture
def wide():
    return wide_preset()


@pytest.fixture(autouse=True)
def _embedding(settings, upstream):
    """Let the upstream serve both models with vectors of their length; Offline is live."""
    settings.AURA_ENV_RUNG, settings.AURA_DOTENV_RUNG = {}, {}
    settings.AURA_PREFLIGHT = False
    servers = [openrouter(upstream.url, "k"), offline(upstream.url, upstream.url)]
    settings.AURA_PROVIDERS = Registry({each.name: each for each in servers})
    works(upstream)
    activation.activate(preset("Offline"), ANN)


def works(upstream):
    upstream.script(WIDE.model, dimension=WIDE.dimension)
    upstream.script("multilingual-e5-small", dimension=E5.dimension)


def asked(upstream):
    """Return how many texts came with each request."""
    return [len(request.body["input"]) for request in upstream.requests]


def the_plan():
    return ReEmbedding.objects.get()


def retry_now():
    ReEmbedding.objects.update(retry_at=None)
    KeptSpace.objects.update(retry_at=None)


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


def after_each_batch(upstream, monkeypatch, act):
    """Do something between the answer for a batch and its being kept."""
    embed = Embedder.embed

    def embed_and_act(self, *args):
        embedded = embed(self, *args)
        act(upstream)
        return embedded

    monkeypatch.setattr(Embedder, "embed", embed_and_act)


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
        waits.append(round((plan.retry_at - began).total_seconds()))
        count = len(upstream.requests)
        tasks.run(LONG_S)
        assert len(upstream.requests) == count, "it was asked before its time"
        retry_now()

    assert waits == [5, 10, 20]
    assert "503" in the_plan().error and the_plan().failing_since
    works(upstream)
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
            works(upstream)
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


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (
            lambda wide: activation.save_preset(edited(wide), ANN),
            "Wide was edited meanwhile: begin again, what is embedded is kept.",
        ),
        (
            lambda wide: activation.delete_presets([wide]),
            "Wide was deleted meanwhile.",
        ),
        (
            lambda wide: activation.activate(short(), ANN),
            "The embedding model was changed meanwhile: revision 2 (Short) gives vectors of "
            "openai/text-embedding-3-small (512).",
        ),
    ],
)
@pytest.mark.parametrize("is_paused", [False, True])
def test_it_stops_when_what_it_is_about_has_changed(wide, change, sentence, is_paused):
    keep(3)
    plan = plans.begin(wide, ANN)
    if is_paused:
        plans.pause(plan)

    change(wide)
    assert not tasks.run(LONG_S)

    plan = the_plan()
    assert (plan.state, plan.outcome) == (
        State.FAILED,
        f"{sentence} Nothing was switched.",
    )
    assert newest().preset_name != "Wide"


def edited(preset):
    preset.l1_model = "deepseek/deepseek-chat"
    return preset


def short():
    fields = {"embedding_model": WIDE.model, "embedding_dimension": 512}
    return type(preset("Budget")).objects.create(name="Short", slug="short", **fields)


def test_a_plan_whose_preset_changes_at_the_last_moment_switches_nothing(
    wide, upstream, monkeypatch
):
    keep(3, E5)
    plans.begin(wide, ANN)
    after_each_batch(
        upstream, monkeypatch, lambda _: activation.save_preset(edited(wide), ANN)
    )

    tasks.run(LONG_S)

    assert the_plan().state == State.FAILED and newest().preset_name == "Offline"


def test_a_preset_whose_models_do_not_answer_is_not_switched_to(
    wide, upstream, settings
):
    settings.AURA_PREFLIGHT = True
    keep(3, E5)
    plans.begin(wide, ANN)
    l3 = live.peek().presets["wide"].choice("l3").value
    upstream.script(l3, status=500)

    tasks.run(LONG_S)
    assert the_plan().state == State.SWITCHING and l3 in the_plan().error
    assert newest().preset_name == "Offline"
    upstream.script(l3)
    retry_now()
    tasks.run(LONG_S)

    assert the_plan().state == State.DONE and newest().preset_name == "Wide"


def test_a_lock_that_is_set_meanwhile_ends_it(wide, settings, upstream, monkeypatch):
    keep(3, E5)
    plans.begin(wide, ANN)
    settings.AURA_EMBEDDING_LOCK = True

    tasks.run(LONG_S)

    assert the_plan().outcome.startswith("AURA_EMBEDDING_LOCK is on")
    assert the_plan().state == State.FAILED and newest().preset_name == "Offline"


def test_without_a_preset_what_is_effective_is_filled(upstream, settings):
    settings.AURA_ENV_RUNG = {"AURA_EMBEDDING_DIMENSION": "576"}
    activation.deactivate(ANN)
    keep(150, E5)

    tasks.run(LONG_S)
    assert vector_count() == {E5: 150}, "so much is embedded only when asked for"
    plan = plans.begin(None, ANN)
    tasks.run(LONG_S)

    plan.refresh_from_db()
    assert plan.outcome == f"Every memory has its vector of {WIDE}."
    assert vector_count() == {E5: 150, WIDE: 150} and len(revisions()) == 2


def test_what_cannot_begin_is_refused_with_a_sentence(wide, settings):
    keep(3, E5)
    same = preset("Offline")
    with pytest.raises(ReEmbeddingRefused, match="has the embedding model that is eff"):
        plans.begin(same, ANN)
    with pytest.raises(ReEmbeddingRefused, match="Every memory has its vector"):
        plans.begin(None, ANN)
    with pytest.raises(PresetChanged):
        plans.begin(wide, ANN, opened_at="2026-01-01T00:00:00+00:00")
    settings.AURA_EMBEDDING_LOCK = True
    with pytest.raises(EmbeddingLocked, match="AURA_EMBEDDING_LOCK is on"):
        plans.begin(wide, ANN)
    settings.AURA_EMBEDDING_LOCK = False
    plans.begin(wide, ANN)
    with pytest.raises(ReEmbeddingRefused, match="Another re-embedding is open: Wide"):
        plans.begin(wide, ANN)


def test_a_plan_that_is_cancelled_switches_nothing_and_is_over(wide, upstream):
    keep(10, E5)
    plan = plans.begin(wide, ANN)

    plans.cancel(plan, Author("bob"))
    tasks.run(LONG_S)

    assert (plan.state, plan.outcome) == (State.CANCELLED, "Cancelled by bob.")
    assert upstream.requests == [] and newest().preset_name == "Offline"
    for step in (plans.pause, plans.resume, lambda plan: plans.cancel(plan, ANN)):
        with pytest.raises(ReEmbeddingRefused, match="is cancelled"):
            step(plan)


# The grace time


@pytest.fixture
def switched(wide, upstream):
    keep(10, E5)
    tasks.run(LONG_S)
    plans.begin(wide, ANN)
    tasks.run(LONG_S)
    assert newest().preset_name == "Wide"


def later(**by):
    """Let so much of the grace time pass."""
    for row in KeptSpace.objects.exclude(until=None):
        assert row.until is not None
        row.until -= timedelta(**by)
        row.save()


def test_within_the_grace_time_new_memories_get_both_vectors(switched):
    keep(5, WIDE)

    tasks.run(LONG_S)

    assert vector_count() == {E5: 15, WIDE: 15}


def test_rolling_back_within_it_is_instant(switched, upstream):
    tasks.run(LONG_S)
    keep(1, WIDE)
    upstream.reset()

    activation.roll_back(1, ANN)

    assert newest().preset_name == "Offline" and upstream.requests == []
    works(upstream)
    tasks.run(LONG_S)
    assert vector_count() == {E5: 11, WIDE: 11}
    later(hours=73)
    tasks.run(LONG_S)
    assert vector_count() == {E5: 11}


def test_after_it_the_old_vectors_go_in_bounded_batches(switched, monkeypatch):
    monkeypatch.setattr(kept, "DROPPED_AT_ONCE", 3)
    later(hours=71)
    tasks.run(LONG_S)
    assert vector_count() == {E5: 10, WIDE: 10}

    later(hours=2)
    tasks.run(LONG_S)

    assert vector_count() == {WIDE: 10}
    assert [row.space for row in KeptSpace.objects.all()] == [WIDE]
    with pytest.raises(EmbeddingLocked):
        activation.roll_back(1, ANN)


def test_what_a_trial_goes_back_to_is_kept_beyond_it(wide, upstream):
    keep(10, E5)
    tasks.run(LONG_S)
    give_vectors(list(Memory.objects.all()), WIDE)
    activation.activate(wide, ANN, trial=timedelta(days=7))
    tasks.run(LONG_S)

    later(hours=73)
    tasks.run(LONG_S)
    assert vector_count() == {E5: 10, WIDE: 10}
    activation.confirm(ANN)
    tasks.run(LONG_S)

    assert vector_count() == {WIDE: 10}


def test_a_few_without_a_vector_are_embedded_without_being_asked(upstream):
    keep(10)

    tasks.run(LONG_S)

    assert vector_count() == {E5: 10} and not ReEmbedding.objects.exists()


def test_a_space_that_was_whole_is_made_whole_again_however_many_lack(upstream):
    tasks.run(LONG_S)
    keep(150)

    tasks.run(LONG_S)

    assert vector_count() == {E5: 150}


def test_what_a_cancelled_plan_left_goes_after_a_grace_time_of_its_own(wide):
    memories = keep(10, E5)
    give_vectors(memories[:4], WIDE)
    tasks.run(LONG_S)

    tasks.adopt_spaces.call()
    tasks.run(LONG_S)
    assert vector_count() == {E5: 10, WIDE: 4}, "half of a space is not kept filled"
    later(hours=73)
    tasks.run(LONG_S)

    assert vector_count() == {E5: 10}


def test_what_an_open_plan_fills_is_not_dropped(wide):
    memories = keep(10, E5)
    give_vectors(memories[:4], WIDE)
    tasks.adopt_spaces.call()
    later(hours=73)

    plans.pause(plans.begin(wide, ANN))
    tasks.run(LONG_S)

    assert vector_count() == {E5: 10, WIDE: 4}


def test_an_idle_look_asks_little_of_the_database(django_assert_max_num_queries):
    keep(10, E5)
    tasks.run(LONG_S)
    with django_assert_max_num_queries(12):
        assert not tasks.run(LONG_S)
