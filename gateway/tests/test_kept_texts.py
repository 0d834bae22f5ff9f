"""The texts of an exchange: what of a request and of a reply is kept, however odd they are."""

import pytest

from gateway.kept.reply import PIECES_MAX_LENGTH, StreamedReply, WholeReply
from gateway.kept.texts import CUT_LENGTH, SIZE_MAX, Texts, kept_fields, pack

MESSAGES = [{"role": "user", "content": "Hi"}]


def streamed(*choices):
    reply = StreamedReply()
    for choice in choices:
        reply.take({"choices": [choice]})
    return reply


def delta(**fields):
    return {"index": 0, "delta": fields}


def test_fields_that_shape_an_answer_are_kept_and_who_asked_is_not():
    body = {"messages": MESSAGES, "seed": 1, "tools": [], "model": "aura/l3"}
    assert kept_fields(body | {"user": "ann", "metadata": {}, "stream": True}) == {
        "messages": MESSAGES,
        "seed": 1,
        "tools": [],
    }


def test_parts_of_tool_calls_are_put_together():
    begin = {"index": 1, "function": {"name": "find", "arguments": '{"x"'}}
    end = {"index": 1, "function": {"arguments": ": 1}"}}
    other = {"index": 0, "function": {"name": "look", "arguments": "{}"}}
    reply = streamed(
        delta(content="So:"), delta(tool_calls=[begin, other]), delta(tool_calls=[end])
    )
    assert reply.text() == 'So:\n→ look({})\n→ find({"x": 1})'


@pytest.mark.parametrize(
    "choice",
    [
        {},
        {"delta": None},
        {"index": 1, "delta": {"content": "other"}},
        delta(content=None),
        delta(content=7),
        delta(tool_calls="x"),
    ],
)
def test_what_is_odd_in_a_chunk_is_left_out(choice):
    assert streamed(choice, delta(content="Hi")).text() == "Hi"


def test_odd_tool_calls_harm_nothing():
    assert streamed(delta(tool_calls=[None, {"function": 1}])).text() == "→ ()"


def test_of_an_endless_stream_only_so_much_is_gathered():
    much = delta(content="x" * PIECES_MAX_LENGTH)
    reply = streamed(much, much, much)
    assert len(reply.text()) == 2 * PIECES_MAX_LENGTH


@pytest.mark.parametrize(
    ("message", "text"),
    [
        ({"content": "Hi"}, "Hi"),
        ({"content": None}, ""),
        ({}, ""),
        ({"content": None, "tool_calls": [{"function": {"name": "f"}}]}, "→ f()"),
    ],
)
def test_the_reply_of_a_whole_answer(message, text):
    assert WholeReply({"choices": [{"message": message}]}).text() == text


@pytest.mark.parametrize("content", [None, 7, ["x"], [{"type": "text", "text": None}]])
def test_a_message_without_text_is_no_harm(content):
    message = {"content": content}
    assert Texts({"messages": [message]}, "").last_message in ("", "[text]")


@pytest.mark.parametrize("extra", [0, 1])
def test_it_is_cut_past_its_size_alone(extra):
    frame = len(pack(Texts({"messages": MESSAGES}, ""))[0])
    packed, is_cut = pack(
        Texts({"messages": MESSAGES}, "x" * (SIZE_MAX - frame + extra))
    )
    assert is_cut is bool(extra)
    assert len(packed) < 2 * CUT_LENGTH if is_cut else len(packed) == SIZE_MAX
