"""A plain chat completion goes to the layer's model and comes back in OpenAI's shape."""

import orjson
import pytest

from gateway.tests.conftest import CHAT, MESSAGES, PATH, PROVIDER_KEY

TOOL_CALL = {
    "id": "call_1",
    "type": "function",
    "function": {"name": "weather", "arguments": '{"city": "Riga"}'},
}


async def test_answer_comes_from_the_model_of_the_layer(client, upstream):
    answer = await client.post(PATH, CHAT)
    assert answer.status == 200
    assert answer.headers["content-type"] == "application/json"
    assert int(answer.headers["content-length"]) == len(answer.body)
    body = answer.json()
    said = body["choices"][0]["message"]["content"]
    assert said == "deepseek/deepseek-chat says hello"
    assert body["usage"]["total_tokens"] == 10
    assert upstream.requests[0].model == "deepseek/deepseek-chat"


async def test_answer_names_the_model_as_it_was_asked(client):
    body = (await client.post(PATH, CHAT | {"model": "gpt-4o"})).json()
    assert body["model"] == "gpt-4o"
    assert body["object"] == "chat.completion"


async def test_unknown_fields_and_tools_are_passed_on(client, upstream):
    extra = {
        "tools": [{"type": "custom", "custom": {"name": "x"}}],
        "tool_choice": "auto",
        "provider": {"order": ["one"]},
        "seed": 2**63,
        "temperature": 0.1,
        "new_field": {"deep": [None, True, "ü\u0000"]},
    }
    upstream.script(tool_calls=[TOOL_CALL])
    answer = await client.post(PATH, CHAT | extra)
    assert upstream.requests[0].body == CHAT | extra | {
        "model": "deepseek/deepseek-chat"
    }
    [choice] = answer.json()["choices"]
    assert choice["message"]["tool_calls"] == [TOOL_CALL]
    assert choice["finish_reason"] == "tool_calls"


async def test_fields_that_a_server_leaves_out_are_filled_in(client, upstream):
    upstream.script(body={"choices": [{"message": {"content": "Hi"}}], "x": 1})
    answer = await client.post(PATH, CHAT)
    body = answer.json()
    assert body["id"] == f"chatcmpl-{answer.headers['x-request-id']}"
    assert body["created"] > 1_700_000_000
    assert body["system_fingerprint"] is None
    assert body["x"] == 1


async def test_headers_of_the_client_stay_here_and_those_of_the_provider_there(
    client, upstream
):
    upstream.script(headers={"Set-Cookie": "a=b", "X-Secret": "1", "Server": "x"})
    theirs = {"cookie": "c=d", "x-forwarded-for": "10.0.0.1", "te": "trailers"}
    answer = await client.post(PATH, CHAT, theirs | {"host": "evil"})
    seen = {name.lower(): v for name, v in upstream.requests[0].headers.items()}
    assert seen["authorization"] == f"Bearer {PROVIDER_KEY}"
    assert seen["host"].startswith("127.0.0.1:")
    assert not set(theirs) & set(seen)
    assert not {"set-cookie", "x-secret", "server"} & set(answer.headers)


@pytest.mark.parametrize("messages", [None, [], {}, "Hello", 7])
async def test_body_without_messages_is_refused(client, upstream, messages):
    answer = await client.post(PATH, CHAT | {"messages": messages})
    assert answer.status == 400
    assert answer.error["param"] == "messages"
    assert upstream.requests == []


async def test_embedding_layer_does_not_chat(client, upstream):
    answer = await client.post(PATH, CHAT | {"model": "aura/embedding"})
    assert (answer.status, answer.error["param"]) == (400, "model")
    assert upstream.requests == []


async def test_body_may_come_in_pieces(client):
    data = orjson.dumps(CHAT)
    pieces = [data[:5], b"", data[5:]]
    answer = await client.open("POST", PATH, pieces=pieces).answer()
    assert answer.status == 200


@pytest.mark.parametrize(
    "media", ["application/json", "Application/JSON; charset=utf-8", "", None]
)
async def test_json_is_taken_with_or_without_its_name(client, media):
    answer = await client.post(PATH, CHAT, {"content-type": media})
    assert answer.status == 200


async def test_key_of_the_local_server_is_not_needed(client, serve, upstream):
    serve(l3="local/phi-3-mini-4k")
    assert (await client.post(PATH, CHAT)).status == 200
    assert upstream.requests[0].model == "phi3:mini"
    assert upstream.requests[0].key == ""


# One write of at most 4 MiB holds the loop for a millisecond; the library warns all the same.
@pytest.mark.filterwarnings("ignore:Sending a large body:ResourceWarning")
async def test_message_of_a_million_characters_goes_through(client, upstream):
    messages = [{"role": "user", "content": "ä" * 1_000_000}]
    assert (await client.post(PATH, CHAT | {"messages": messages})).status == 200
    assert upstream.requests[0].body["messages"] == messages


async def test_many_messages_go_through(client, upstream):
    messages = MESSAGES * 1000
    assert (await client.post(PATH, CHAT | {"messages": messages})).status == 200
    assert upstream.requests[0].body["messages"] == messages
