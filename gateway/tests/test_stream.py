"""A streamed chat completion: the chunks, the usage, the end, and every way to end badly."""

import orjson
import pytest

from gateway.tests.conftest import CHAT, PATH

STREAM = CHAT | {"stream": True}
WITH_USAGE = STREAM | {"stream_options": {"include_usage": True}}
MODEL = "deepseek/deepseek-chat"
HELLO = {"index": 0, "delta": {"content": "Hello"}, "finish_reason": None}
STOP = {"index": 0, "delta": {}, "finish_reason": "stop"}
USAGE = {"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10}


def sse(*events):
    """Return the bytes of a stream of these chunks (or bytes as they are)."""
    texts = [e if isinstance(e, bytes) else orjson.dumps(e) for e in events]
    return b"".join(b"data: " + text + b"\n\n" for text in texts)


def chunk(*choices, **rest):
    return {"id": "gen-1", "choices": list(choices), **rest}


def content(chunks):
    return [c["choices"][0]["delta"].get("content") for c in chunks if c["choices"]]


async def test_stream_has_its_chunks_and_ends_with_done(client, upstream):
    answer = await client.post(PATH, STREAM)
    assert answer.status == 200
    assert answer.headers["cache-control"] == "no-cache"
    assert answer.headers["x-accel-buffering"] == "no"
    assert "content-length" not in answer.headers
    texts = [f"{MODEL} says hello", *[f", {MODEL} goes on"] * 2]
    assert content(answer.chunks) == ["", *texts, None]
    assert answer.events.count("[DONE]") == 1 and answer.events[-1] == "[DONE]"
    assert upstream.requests[0].body["stream"] is True


async def test_chunks_have_one_id_and_the_name_that_was_asked(client, upstream):
    upstream.script(raw=sse(chunk(HELLO), chunk(HELLO) | {"id": "gen-2"}, chunk(STOP)))
    chunks = (await client.post(PATH, STREAM | {"model": "gpt-4o"})).chunks
    assert {c["id"] for c in chunks} == {"gen-1"}
    assert {c["model"] for c in chunks} == {"gpt-4o"}
    assert {c["object"] for c in chunks} == {"chat.completion.chunk"}
    assert all(c["created"] > 1_700_000_000 for c in chunks)


async def test_chunks_without_an_id_get_one(client, upstream):
    upstream.script(raw=sse({"choices": [HELLO]}, {"choices": [STOP], "id": None}))
    answer = await client.post(PATH, STREAM)
    own = f"chatcmpl-{answer.headers['x-request-id']}"
    assert [c["id"] for c in answer.chunks] == [own, own]


async def test_each_chunk_goes_out_as_it_comes(client, upstream):
    upstream.script(hold_after=1)
    exchange = client.open_post(PATH, STREAM)
    await exchange.messages_are(3)
    assert b"says hello" in exchange.messages[2]["body"]
    assert not exchange.task.done()
    upstream.release()
    assert (await exchange.answer()).events[-1] == "[DONE]"


async def test_usage_is_always_asked_for_and_kept_from_who_did_not(client, upstream):
    chunks = (await client.post(PATH, STREAM)).chunks
    assert upstream.requests[0].body["stream_options"] == {"include_usage": True}
    assert not any("usage" in c for c in chunks)
    assert all(c["choices"] for c in chunks)


async def test_usage_that_was_asked_for_is_one_more_chunk(client):
    *chunks, last = (await client.post(PATH, WITH_USAGE)).chunks
    assert last["choices"] == [] and last["usage"]["completion_tokens"] == 3
    assert last["id"] == chunks[0]["id"] and last["model"] == "aura/l3"
    assert not any(c.get("usage") for c in chunks)


@pytest.mark.parametrize(
    "events",
    [
        [chunk(HELLO), chunk(STOP, usage=USAGE)],
        [chunk(HELLO, usage=None), chunk(STOP, usage=None), chunk(usage=USAGE)],
        [chunk(HELLO, usage={"prompt_tokens": 7}), chunk(STOP, usage=USAGE)],
        [chunk(HELLO), chunk(STOP), chunk(HELLO, usage=USAGE)],
        [chunk(HELLO), chunk(usage=USAGE), chunk(STOP)],
    ],
)
async def test_usage_comes_once_wherever_the_provider_put_it(client, upstream, events):
    upstream.script(raw=sse(*events, b"[DONE]"))
    asked = (await client.post(PATH, WITH_USAGE)).chunks
    assert [c["usage"] for c in asked if c.get("usage")] == [USAGE]
    assert asked[-1]["choices"] == [] and asked[-1]["usage"] == USAGE
    plain = (await client.post(PATH, STREAM)).chunks
    assert plain == asked[:-1] or content(plain) == content(asked)
    assert not any("usage" in c for c in plain)


async def test_chunk_with_neither_choices_nor_usage_is_passed_on(client, upstream):
    filtered = chunk(prompt_filter_results=[])
    upstream.script(raw=sse(filtered, chunk(HELLO), chunk(STOP)))
    chunks = (await client.post(PATH, STREAM)).chunks
    assert chunks[0]["prompt_filter_results"] == []


@pytest.mark.parametrize("options", [None, {"include_usage": False}, {}])
async def test_stream_options_that_ask_for_nothing_get_nothing(client, options):
    answer = await client.post(PATH, STREAM | {"stream_options": options})
    assert not any("usage" in c for c in answer.chunks)


async def test_other_stream_options_are_passed_on(client, upstream):
    await client.post(PATH, STREAM | {"stream_options": {"x": 1}})
    sent = upstream.requests[0].body["stream_options"]
    assert sent == {"x": 1, "include_usage": True}


async def test_tool_calls_come_in_their_pieces(client, upstream):
    call = {"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    upstream.script(tool_calls=[call])
    chunks = (await client.post(PATH, STREAM)).chunks
    pieces = [c["choices"][0]["delta"].get("tool_calls") for c in chunks]
    assert [p[0]["index"] for p in pieces if p] == [0, 0]
    assert chunks[-1]["choices"][0]["finish_reason"] == "tool_calls"


@pytest.mark.parametrize(("status", "expected"), [(400, 400), (429, 429), (500, 502)])
async def test_error_before_the_first_chunk_has_its_own_status(
    client, upstream, status, expected
):
    upstream.script(status=status)
    answer = await client.post(PATH, STREAM)
    assert answer.status == expected
    assert MODEL in answer.error["message"]
    assert answer.headers["x-aura-model"] == MODEL


async def test_first_event_that_is_an_error_has_its_status_too(client, upstream):
    upstream.script(raw=sse({"error": {"code": 429, "message": "slow down"}}))
    answer = await client.post(PATH, STREAM)
    assert (answer.status, answer.error["code"]) == (429, "rate_limit_exceeded")


async def ends_badly(client, code):
    """Return the content of a stream that ends in an error with this code."""
    answer = await client.post(PATH, STREAM)
    assert answer.status == 200
    assert "[DONE]" not in answer.events
    *chunks, last = answer.chunks
    assert set(last["error"]) == {"message", "type", "param", "code"}
    assert last["error"]["code"] == code
    assert [c["finish_reason"] for c in last["choices"]] == ["error"]
    for name in ("id", "object", "created", "model"):
        assert last[name] == chunks[0][name]
    return content(chunks)


async def test_error_in_the_middle_is_an_event_with_the_error(client, upstream):
    failed = chunk(HELLO | {"finish_reason": "error"})
    error = {"error": {"code": 502, "message": "lost"}}
    upstream.script(raw=sse(chunk(HELLO), failed | error, b"[DONE]"))
    assert await ends_badly(client, "upstream_error") == ["Hello"]


async def test_error_in_the_middle_about_our_key_does_not_read_so(client, upstream):
    error = {"error": {"code": 401, "message": "bad key"}}
    upstream.script(raw=sse(chunk(HELLO), error))
    await ends_badly(client, "upstream_auth")


async def test_end_without_a_finish_is_an_error(client, upstream):
    upstream.script(end_without_done=True, chunk_count=1)
    seen = await ends_badly(client, "upstream_truncated")
    assert seen == ["", f"{MODEL} says hello"]


async def test_done_without_a_finish_is_an_error(client, upstream):
    upstream.script(raw=sse(chunk(HELLO), b"[DONE]"))
    assert await ends_badly(client, "upstream_truncated") == ["Hello"]


async def test_reset_in_the_middle_is_an_error_and_not_tried_again(client, upstream):
    upstream.script(drop_after=1)
    await ends_badly(client, "upstream_truncated")
    assert len(upstream.requests) == 1


async def test_nonsense_in_the_middle_is_an_error(client, upstream):
    upstream.script(raw=sse(chunk(HELLO), b"<html>"))
    await ends_badly(client, "upstream_invalid")


async def test_chunk_nested_too_deep_to_be_written_is_an_error(client, upstream):
    deep = b'{"choices": [' + b"[" * 300 + b"]" * 300 + b"]}"
    upstream.script(raw=sse(chunk(HELLO), deep))
    await ends_badly(client, "upstream_invalid")


@pytest.mark.usefixtures("quick")
async def test_silence_in_the_middle_is_an_error(client, upstream):
    upstream.script(hold_after=1)
    await ends_badly(client, "upstream_timeout")


@pytest.mark.usefixtures("quick")
async def test_silence_from_the_start_is_a_504(client, upstream):
    upstream.script(stall=True)
    answer = await client.post(PATH, STREAM)
    assert (answer.status, answer.error["code"]) == (504, "upstream_timeout")


@pytest.mark.parametrize("end", [b"", b"data: [DONE]\n\n"])
async def test_stream_of_nothing_is_a_502(client, upstream, end):
    upstream.script(raw=b": hello\n\n" + end)
    answer = await client.post(PATH, STREAM)
    assert (answer.status, answer.error["code"]) == (502, "upstream_truncated")


async def test_answer_that_is_no_stream_is_a_502(client, upstream):
    upstream.script(body={"choices": [{"message": {"content": "Hi"}}]})
    answer = await client.post(PATH, STREAM)
    assert (answer.status, answer.error["code"]) == (502, "upstream_truncated")


@pytest.mark.parametrize("stream", [False, None])
async def test_stream_that_is_not_wanted_is_a_plain_answer(client, stream):
    answer = await client.post(PATH, CHAT | {"stream": stream})
    assert answer.json()["object"] == "chat.completion"
