"""L1's budget: its first words within 500 ms, or none."""

import time

import pytest

from cognition.tests.conftest import done
from cognition.turns.events import Delta, Instinct

pytestmark = pytest.mark.django_db


def test_a_reaction_in_time_is_given(say):
    turn = done(say("Hello")).turn
    assert turn.reaction == "given"
    assert turn.instinct.startswith("m/one says hello")


def test_a_reaction_past_its_budget_is_skipped_and_counted(mind, say, records):
    mind.script("m/one", latency_s=5)
    events = say("Hello")
    turn = done(events).turn
    assert (turn.reaction, turn.instinct) == ("late", "")
    assert not any(isinstance(event, Instinct) for event in events)
    [call] = [call for call in records if call.layer == "l1"]
    assert (call.status, call.error) == (499, "over_budget")
    assert call.first_chunk_s > 0.5, "a broken promise, as usage and metrics count it"


def test_the_reply_waits_for_the_budget_and_no_longer(mind, say):
    mind.script("m/one", hold_after=0)  # says who speaks, and no word
    began = time.monotonic()
    events = say("Hello")
    assert time.monotonic() - began < 4
    assert any(isinstance(event, Delta) for event in events)


def test_a_reaction_longer_than_the_reply_is_cut_short(mind, say, records):
    mind.script("m/one", hold_after=1)
    turn = done(say("Hello")).turn
    assert (turn.reaction, turn.instinct) == ("given", "m/one says hello")
    [call] = [call for call in records if call.layer == "l1"]
    assert call.error == "cut_short"
