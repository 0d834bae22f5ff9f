"""Which abilities of a model a call uses is on record as a short code, and nothing of what was
sent."""

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


class Counted(dict[str, object]):
    """A part of a message that counts how often it is looked at."""

    looks = 0

    def get(self, *args):
        Counted.looks += 1
        return super().get(*args)


def test_the_look_is_bounded_whatever_a_body_holds():
    part = Counted({"type": "text"})
    used_in(body(*[{"role": "user", "content": [part] * 1000}] * 5000))
    assert 0 < Counted.looks <= 64 * 16


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
