"""The provider answers with an error: what is passed on, what is tried again, what is told."""

import email.utils
import time

import pytest

from gateway.tests.conftest import CHAT, PROVIDER_KEY
from providers.breaker import FAILURES
from tests.faults.calls import EITHER, STREAM, ask, failure, text_of
from tests.faults.wire import SSE, answer, chunk, event, in_turn, well
from tests.upstream.hostile import sends

OURS = {500: 502, 502: 502, 503: 503, 529: 503}


def refuses(status: int, text: str = "canary", **headers: str):
    body = {"error": {"message": text, "code": status}}
    return sends(answer(body, f"{status} No", headers))


def tomorrow():
    return email.utils.formatdate(time.time() + 86_400, usegmt=True)


@EITHER
@pytest.mark.parametrize(
    ("said", "passed_on"),
    [
        ("2", "2"),
        ("99999", "60"),
        ("-5", "0"),
        (tomorrow(), "60"),
        ("Wed, 21 Oct 2015 07:28:00 GMT", "0"),
        ("soon", None),
        ("nan", None),
        ("9" * 5000, "60"),
    ],
    ids=["seconds", "far", "negative", "date", "past", "word", "nan", "digits"],
)
@pytest.mark.fault("U7")
async def test_429_is_passed_on_with_a_bounded_retry_after(
    client, provider, body, said, passed_on
):
    provider.script = refuses(429, **{"Retry-After": said})
    answered, _ = await ask(client, body)
    assert failure(answered) == (429, "rate_limit_exceeded")
    assert answered.headers.get("retry-after") == passed_on
    assert provider.count == 1


@EITHER
@pytest.mark.fault("U7")
async def test_429s_in_a_row_open_the_breaker(client, provider, body, measured):
    provider.script = refuses(429)
    for _ in range(FAILURES + 3):
        answered, _ = await ask(client, body)
    assert provider.count == FAILURES
    assert answered.status == 503 and int(answered.headers["retry-after"]) <= 10
    measured(f"of {FAILURES + 3} calls {provider.count} reached it, then 503")


@EITHER
@pytest.mark.parametrize("status", OURS)
@pytest.mark.fault("U8")
async def test_failure_that_may_pass_is_tried_once_more(client, provider, body, status):
    provider.script = in_turn(refuses(status), well)
    answered, _ = await ask(client, body)
    assert (answered.status, text_of(answered)) == (200, "Hello")
    assert provider.count == 2


@EITHER
@pytest.mark.parametrize("status", OURS)
@pytest.mark.fault("U8")
async def test_failure_that_stays_keeps_its_class_and_gets_our_words(
    client, provider, body, status
):
    provider.script = refuses(status, f"bad {PROVIDER_KEY}")
    answered, _ = await ask(client, body)
    assert answered.status == OURS[status]
    assert answered.error["type"] == "server_error"
    assert PROVIDER_KEY not in answered.body.decode()
    assert provider.count == 2


@EITHER
@pytest.mark.parametrize(
    ("status", "told"),
    [
        (400, 400),
        (401, (502, "upstream_auth")),
        (403, (502, "upstream_auth")),
        (404, 404),
        (422, 422),
    ],
)
@pytest.mark.fault("U9")
async def test_refusal_is_not_tried_again(client, provider, body, status, told):
    provider.script = refuses(status)
    answered, _ = await ask(client, body)
    assert told in (answered.status, failure(answered))
    assert provider.count == 1
    if status in (401, 403):
        assert b"canary" not in answered.body
        assert "www-authenticate" not in answered.headers


@pytest.mark.parametrize(
    ("code", "told"),
    [
        (400, (400, "invalid_request_error")),
        (401, (502, "server_error")),
        (429, (429, "rate_limit_error")),
        (503, (503, "server_error")),
        ("text", (502, "server_error")),
    ],
)
@pytest.mark.fault("U11")
async def test_first_event_that_is_an_error_has_its_status(
    client, provider, code, told
):
    provider.script = sends(SSE + event({"error": {"code": code, "message": "no"}}))
    answered, _ = await ask(client, STREAM)
    assert (answered.status, answered.error["type"]) == told


@pytest.mark.parametrize("body", [STREAM, CHAT], ids=["stream", "plain"])
@pytest.mark.fault("U11")
async def test_error_inside_a_200_is_tried_again_where_that_may_help(
    client, provider, body, measured
):
    error = {"error": {"code": 502, "message": "overloaded"}}
    first = SSE + event(error) if body is STREAM else answer(error)
    provider.script = in_turn(sends(first), well)
    answered, _ = await ask(client, body)
    assert (answered.status, text_of(answered)) == (200, "Hello")
    assert provider.count == 2
    measured("an error inside a 200, then a good answer: 200 after 2 attempts")


@pytest.mark.fault("U11")
async def test_error_after_the_first_chunk_is_not_tried_again(client, provider):
    error = event({"error": {"code": 502, "message": "overloaded"}})
    provider.script = sends(SSE + chunk("Hel") + error)
    answered, _ = await ask(client, STREAM)
    assert answered.chunks[-1]["error"]["code"] == "upstream_error"
    assert provider.count == 1
