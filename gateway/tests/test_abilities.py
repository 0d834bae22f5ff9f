"""Which abilities of a model a call uses is on record as a short code, and nothing of what was
sent."""

import timeit

import pytest

from gateway.abilities import MESSAGES_MAX, PARTS_MAX, names, used_in
from gateway.tests.conftest import CHAT, PATH

TEXT = {"role": "user", "content": "hello"}
PICTURE = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}}
LOOK = {"role": "user", "content": [{"type": "text", "text": "what?"}, PICTURE]}
TOOL = {"type": "function", "function": {"name": "weather"}}
SCHEMA = {"type": "json_schema", "json_schema": {"name": "a", "schema": {}}}


def body(*messages, **fields):
    return {"messages": list(messages) or [TEXT], **fields}


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (body(), ""),
        (body(tools=[TOOL]), "t"),
        (body(response_format=SCHEMA), "j"),
        (body(TEXT, LOOK, TEXT), "v"),
        (body(LOOK, tools=[TOOL], response_format=SCHEMA), "tjv"),
        (body(tools=[]), ""),
        (body(tools=None, response_format=None), ""),
        (body(response_format={"type": "json_object"}), ""),
        (body(response_format="json_schema"), ""),
        (body({"role": "user"}, {"role": "user", "content": None}), ""),
        (body({"role": "user", "content": ["text", 5, None, {}]}), ""),
        (body({"role": "user", "content": [{"type": ["image_url"]}]}), ""),
        (body({"role": "user", "content": "image_url"}), ""),
    ],
)
def test_what_a_body_uses(sent, code):
    assert used_in(sent) == code


def test_only_the_newest_messages_and_the_first_parts_are_looked_at():
    parts = [{"type": "text"}] * PARTS_MAX
    assert used_in(body(LOOK, *[TEXT] * MESSAGES_MAX)) == ""
    assert used_in(body(LOOK, *[TEXT] * (MESSAGES_MAX - 1))) == "v"
    assert used_in(body({"role": "user", "content": [*parts, PICTURE]})) == ""


def test_a_code_is_told_by_the_names_of_the_catalogue():
    assert names("tv") == ["tools", "images"]
    assert names("") == [] and names("?j") == ["structured_outputs"]


def test_the_look_takes_no_time_that_a_request_would_notice():
    long = body(*[{"role": "user", "content": [{"type": "text"}] * 1000}] * 5000)
    rounds = 20
    took_s = min(timeit.repeat(lambda: used_in(long), number=rounds, repeat=5)) / rounds
    assert (
        took_s < 0.002
    )  # about 0.0002 here: of the most that a body can make it look at


@pytest.mark.parametrize("is_streamed", [False, True], ids=["plain", "stream"])
async def test_a_call_is_on_record_with_what_it_used(
    client, upstream, records, is_streamed
):
    sent = {**CHAT, "messages": [LOOK], "tools": [TOOL], "stream": is_streamed}

    assert (await client.post(PATH, sent)).status == 200

    [record] = records
    assert record.abilities == "tv"


async def test_a_call_of_text_alone_uses_nothing(client, upstream, records):
    await client.post(PATH, CHAT)

    assert records[0].abilities == ""
