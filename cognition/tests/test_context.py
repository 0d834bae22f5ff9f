"""A prompt fits into the model's context: the oldest turns go first, and it is said."""

import pytest

from cognition.conversations.store import Said
from cognition.turns.context import UNKNOWN_CONTEXT, fitted
from gateway.errors import BadRequest


def said(number: int, size: int = 300) -> Said:
    return Said(number, f"question {number} " + "x" * size, f"answer {number}")


def test_all_turns_are_sent_where_they_fit():
    fit = fitted("Be brief.", [said(1), said(2)], "And now?", 8_000)
    roles = [message["role"] for message in fit.messages]
    assert roles == ["system", "user", "assistant", "user", "assistant", "user"]
    assert fit.turns == {1, 2}
    assert not fit.note


def test_the_oldest_turns_are_left_out_first_and_it_is_said():
    fit = fitted("Be brief.", [said(n) for n in range(1, 21)], "And now?", 1_000)
    assert fit.turns == set(range(21 - len(fit.turns), 21))
    assert 0 < len(fit.turns) < 20
    left_out = 20 - len(fit.turns)
    assert fit.note == (
        f"Of 20 earlier turns the oldest {left_out} were left out, to fit the 1,000 "
        "tokens of the model's context."
    )


def test_a_turn_that_is_too_long_takes_what_is_older_along():
    history = [said(1), said(2, size=30_000), said(3)]
    assert fitted("", history, "And now?", 2_000).turns == {3}


def test_the_reply_has_room_in_the_context():
    fit = fitted("", [said(n) for n in range(50)], "And now?", 2_000)
    sent = sum(len(message["content"].encode()) for message in fit.messages)
    assert sent / 3 + fit.max_tokens <= 2_000


def test_an_unknown_context_is_taken_for_a_small_one():
    fit = fitted("", [said(n) for n in range(100)], "And now?", None)
    assert f"{UNKNOWN_CONTEXT:,} tokens" in fit.note


def test_a_message_that_does_not_fit_is_refused():
    with pytest.raises(BadRequest, match="too long"):
        fitted("", [], "x" * 30_000, 4_000)


def test_scripts_with_more_bytes_are_counted_as_more():
    latin, kanji = Said(1, "x" * 900, "a"), Said(1, "漢" * 900, "a")
    assert fitted("", [latin], "?", 1_000).turns == {1}
    assert fitted("", [kanji], "?", 1_000).turns == frozenset()
