"""How a re-embedding ends: it switches to what it was begun for, or stops and says why."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from brains import activation, live
from brains.activation import Author
from brains.canary import changes as canary_changes
from brains.errors import EmbeddingLocked, PresetChanged
from brains.tests.records import ANN, newest, preset, revisions
from cognition.memory.models import Memory
from cognition.memory.reembedding import (
    embedder,
    lease,
    plans,
    tasks,
    wording,
    working,
)
from cognition.memory.reembedding.errors import ReEmbeddingRefused
from cognition.memory.reembedding.models import ReEmbedding
from cognition.tests.memories import (
    E5,
    WIDE,
    give_vectors,
    keep,
    vector_count,
)
from cognition.tests.plans import LONG_S, after_each_batch, retry_now, the_plan

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("vectors_served")]
State = ReEmbedding.State


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


def test_its_switch_says_before_and_after_that_a_canary_ends(wide):
    keep(3)
    canary_changes.start(preset("Budget"), Decimal(10), ANN)
    said = "The canary of Budget, with 10 % of the calls, ends with this change."
    plan = plans.begin(wide, ANN)
    assert wording.doing(plan).endswith(f"then Wide is activated. {said}")

    assert not tasks.run(LONG_S)

    ended = said.replace("ends", "ended")
    assert the_plan().outcome.endswith(ended) and newest().preset_name == "Wide"


def test_it_is_over_when_somebody_switched_by_hand_and_all_is_there(wide):
    memories = keep(3, E5)
    plan = plans.begin(wide, ANN)
    plans.pause(plan)
    give_vectors(memories, WIDE)

    activation.activate(wide, ANN)
    tasks.run(LONG_S)

    assert the_plan().state == State.DONE
    assert the_plan().outcome == (
        f"Revision 2 has vectors of {WIDE} already. Nothing was left to switch."
    )


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


@pytest.mark.parametrize("count", [100, 101])
def test_memories_of_the_last_moment_are_few_or_are_waited_for(
    wide, upstream, monkeypatch, count
):
    keep(3, E5)
    plans.begin(wide, ANN)
    activated = working._activated
    made: list[Memory] = []

    def after_some_more(plan):
        if not made:
            made.extend(keep(count, E5))
        return activated(plan)

    monkeypatch.setattr(working, "_activated", after_some_more)

    is_more = tasks.run(LONG_S)

    assert is_more == (count > 100)
    assert vector_count() == {E5: 3 + count, WIDE: 3}
    live_now = "Offline" if count > 100 else "Wide"
    assert newest().preset_name == live_now
    tasks.run(LONG_S)
    assert vector_count() == {E5: 3 + count, WIDE: 3 + count}
    assert the_plan().state == State.DONE and newest().preset_name == "Wide"


def test_the_lease_is_renewed_while_the_provider_is_waited_for(
    wide, upstream, monkeypatch
):
    monkeypatch.setattr(embedder, "BEAT_S", 0.01)
    upstream.script(WIDE.model, dimension=WIDE.dimension, latency_s=0.2)
    keep(3, E5)
    plans.begin(wide, ANN)
    renewed = []
    renew = lease.renew

    def counted(row, **changes):
        renewed.append(changes)
        renew(row, **changes)

    monkeypatch.setattr(lease, "renew", counted)
    tasks.run(LONG_S)

    assert renewed.count({}) > 3 and the_plan().state == State.DONE


def test_the_task_is_wanted_while_a_plan_can_go_on(wide):
    keep(3, E5)
    assert not plans.is_at_work()
    plan = plans.begin(wide, ANN)
    assert plans.is_at_work()

    ReEmbedding.objects.update(retry_at=timezone.now() + timedelta(seconds=5))
    assert not plans.is_at_work()
    plans.resume(plan)
    assert plans.is_at_work()
    plans.pause(plan)
    assert not plans.is_at_work()


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
