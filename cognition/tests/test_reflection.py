"""L2 thinks of a turn once it is over; what it says is checked, kept once, and used later."""

import json
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from cognition.conversations.models import Turn
from cognition.memory.models import Memory
from cognition.reflection import job
from cognition.reflection.models import Reflection
from cognition.tests.conftest import OTHER, done, serve
from gateway.limits.key_limits import LIMITS
from gateway.models import ApiKey
from gateway.records.finished import FinishedCall
from tests.upstream import FakeUpstream

pytestmark = pytest.mark.django_db

INSIGHT = {
    "asked": "who she is",
    "missed": "her cat",
    "remember": ["Ada has a cat", "The cat is called Mia"],
    "advice": "Ask about the cat.",
}
State = Reflection.State


def completion(text: str) -> dict[str, object]:
    return {
        "id": "c",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": text}}],
        "usage": {"prompt_tokens": 9, "completion_tokens": 4},
    }


@pytest.fixture
def reflecting(mind: FakeUpstream) -> FakeUpstream:
    """L2 says something of the wanted shape."""
    mind.script("m/two", body=completion(json.dumps(INSIGHT)))
    return mind


@pytest.fixture
def reflection(say: Callable[..., list[object]]) -> Reflection:
    """The job of one turn of Ada's."""
    say("I am Ada", person="client:ada")
    return Reflection.objects.get()


def run(reflection: Reflection) -> Reflection:
    job.run(reflection.pk)
    reflection.refresh_from_db()
    return reflection


def be_late(reflection: Reflection) -> None:
    """Let its lease be over."""
    past = timezone.now() - timedelta(seconds=1)
    Reflection.objects.filter(pk=reflection.pk).update(leased_until=past)


def test_an_insight_is_kept_with_what_it_took(reflecting, reflection):
    kept = run(reflection)
    assert (kept.state, kept.attempts) == (State.DONE, 1)
    assert (kept.asked, kept.missed, kept.advice) == (
        "who she is",
        "her cat",
        "Ask about the cat.",
    )
    assert (kept.stamp["model"], kept.stamp["revision"]) == ("m/two", 7)
    assert kept.stamp["input_tokens"] == 9


def test_l2_is_asked_for_structured_output_about_the_exchange(reflecting, reflection):
    run(reflection)
    [asked] = [r for r in reflecting.requests if r.model == "m/two"]
    assert asked.body["response_format"]["json_schema"]["strict"] is True
    exchange = asked.body["messages"][-1]["content"]
    assert "I am Ada" in exchange
    assert "m/three says hello" in exchange


def test_what_is_to_be_remembered_is_recalled_later(reflecting, reflection, say):
    run(reflection)
    notes = Memory.objects.filter(kind=Memory.Kind.NOTED)
    assert [note.text for note in notes] == INSIGHT["remember"]
    assert [note.vectors.count() for note in notes] == [1, 1]
    turn = done(say("What of my cat?", person="client:ada")).turn
    assert "Ada has a cat" in [m["text"] for m in turn.recalled]


def test_advice_is_given_to_later_turns_of_the_person(reflecting, reflection, say):
    run(reflection)
    turn = done(say("Hello again", person="client:ada")).turn
    assert turn.insights == [{"turn": reflection.turn_id, "text": "Ask about the cat."}]
    asked = [r for r in reflecting.requests if r.model == "m/three"][-1]
    assert "- Ask about the cat." in asked.body["messages"][0]["content"]


def test_advice_is_never_given_to_another_person(reflecting, reflection, say):
    run(reflection)
    assert done(say("Hello", person="client:bob")).turn.insights == []


def test_the_models_of_the_turn_reflect_although_others_are_live(
    reflecting, reflection
):
    serve(9, {**OTHER, "l2_model": "o/two"})
    assert run(reflection).stamp["model"] == "m/two"
    assert "o/two" not in {r.model for r in reflecting.requests}


def test_its_call_is_on_record_in_the_name_of_the_turns_key(
    reflecting, say, records: list[FinishedCall]
):
    say("Hello")
    Turn.objects.update(key_id=5, key_name="web app")
    run(Reflection.objects.get())
    [call] = [call for call in records if call.layer == "l2"]
    assert (call.key_id, call.key_name, call.revision) == (5, "web app", 7)


def test_its_call_is_charged_to_the_limits_of_the_turns_key(
    reflecting, say, monkeypatch
):
    row = ApiKey.objects.create(
        name="web app", sha256="0" * 64, hint="…k", usd_per_day=5, layers="l2,l3"
    )
    charged: list[tuple[int, int | None]] = []
    monkeypatch.setattr(
        LIMITS, "charge", lambda key, tokens, cost: charged.append((key.id, tokens))
    )
    say("Hello")
    Turn.objects.update(key_id=row.pk, key_name="web app")
    run(Reflection.objects.get())
    assert charged == [(row.pk, 13)], "and embedding, which it is not for, not asked"


@pytest.mark.fault("D18")
def test_what_succeeded_is_never_done_twice(reflecting, reflection):
    run(reflection)
    asked = len(reflecting.requests)
    be_late(reflection)
    assert run(reflection).attempts == 1
    assert len(reflecting.requests) == asked
    assert Memory.objects.filter(kind=Memory.Kind.NOTED).count() == 2


def test_while_somebody_is_at_it_nobody_else_is(reflecting, reflection):
    assert job._lease(reflection.pk)
    assert job._lease(reflection.pk) is None
    run(reflection)
    assert "m/two" not in {r.model for r in reflecting.requests}


def test_one_that_was_killed_is_taken_up_again(reflecting, reflection):
    job._lease(reflection.pk)  # and then nothing more is heard of it
    assert job.take_up_left() == []
    be_late(reflection)
    assert job.take_up_left() == [reflection.pk]
    assert run(reflection).state == State.DONE


def test_what_another_has_taken_over_is_not_kept_twice(reflecting, reflection):
    mine = job._lease(reflection.pk)
    be_late(reflection)
    run(reflection)
    assert mine is not None
    job._put_back(mine, "too late")
    reflection.refresh_from_db()
    assert (reflection.state, reflection.reason) == (State.DONE, "")


@pytest.mark.fault("D18")
def test_a_lease_lasts_no_longer_than_a_minute(reflection):
    job._lease(reflection.pk)
    reflection.refresh_from_db()
    assert reflection.leased_until <= timezone.now() + timedelta(seconds=60)


@pytest.mark.fault("D18")
def test_a_poison_one_is_set_aside_after_three_tries_with_its_reason(mind, reflection):
    mind.script("m/two", body=completion("I would rather not say."))
    for tries in (1, 2):
        assert (run(reflection).state, reflection.attempts) == (State.WAITING, tries)
    assert (run(reflection).state, reflection.attempts) == (State.FAILED, 3)
    assert reflection.reason == "L2 answered without a JSON object."
    asked = len(mind.requests)
    assert run(reflection).attempts == 3
    be_late(reflection)
    assert job.take_up_left() == []
    assert len(mind.requests) == asked


@pytest.mark.fault("D18")
def test_one_that_kills_its_worker_is_set_aside_after_three_tries(reflection):
    for _ in range(3):
        assert job._lease(reflection.pk)
        be_late(reflection)
    assert job.take_up_left() == []
    reflection.refresh_from_db()
    assert reflection.state == State.FAILED
    assert reflection.reason == "Whoever was at it ended before it was done, 3 times."


def test_one_that_failed_waits_a_little_longer_each_time(mind, reflection):
    mind.script("m/two", status=400)
    run(reflection)
    assert job.take_up_left() == []
    be_late(reflection)
    assert job.take_up_left() == [reflection.pk]


def test_one_that_is_on_its_way_is_not_enqueued_again(reflection):
    assert job.take_up_left() == []
    be_late(reflection)
    assert job.take_up_left() == [reflection.pk]
    assert job.take_up_left() == []


def test_one_that_was_set_aside_can_be_tried_anew(reflecting, reflection):
    Reflection.objects.update(state=State.FAILED, attempts=3, leased_until=None)
    assert job.retry(Reflection.objects.all()) == 1
    assert job.take_up_left() == [reflection.pk]
    assert run(reflection).state == State.DONE


def test_a_model_without_structured_output_is_asked_in_words(mind, reflection):
    mind.script("m/two", status=400, times=1)
    run(reflection)
    asked = [r.body for r in mind.requests if r.model == "m/two"]
    assert ["response_format" in body for body in asked] == [True, False]


def test_without_embeddings_what_l2_noted_is_kept_all_the_same(reflecting, reflection):
    reflecting.script("m/vectors", status=400)
    assert run(reflection).state == State.DONE
    notes = Memory.objects.filter(kind=Memory.Kind.NOTED)
    assert [note.vectors.count() for note in notes] == [0, 0]


def test_a_reply_is_not_held_up_by_l2(mind, say):
    mind.script("m/two", stall=True)
    assert done(say("Hello")).reflects


def test_the_task_of_a_turn_is_enqueued_with_it(
    say, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks() as callbacks:
        say("Hello")
    assert len(callbacks) == 1
