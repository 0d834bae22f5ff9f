"""Every failure has its status and OpenAI's shape, and says nothing it should not."""

import inspect

import orjson
import pytest

from gateway import errors
from gateway.errors import GatewayError, from_provider
from gateway.http import BODY_MAX
from gateway.tests.conftest import CHAT, KEY, PATH, PROVIDER_KEY
from providers import errors as provider_errors
from providers.errors import ProviderError, ProviderPaused, ProviderRejected

CHAT_BYTES = orjson.dumps(CHAT)


def leaves(base, module):
    classes = [c for _, c in inspect.getmembers(module, inspect.isclass)]
    return [c for c in classes if issubclass(c, base) and c is not base]


def failed(kind, **fields):
    needed: dict[type, dict[str, object]] = {
        ProviderRejected: {"status": 418},
        ProviderPaused: {"retry_after_s": 3.0},
    }
    extra = needed.get(kind, {})
    return kind("It failed.", provider="groq", **extra | fields)


@pytest.mark.parametrize("kind", leaves(ProviderError, provider_errors))
def test_each_failure_of_a_provider_has_a_status_and_a_code(kind):
    error = from_provider(failed(kind))
    assert error.status in (502, 503, 504)
    assert error.code and error.message == "It failed."
    assert set(error.body()["error"]) == {"message", "type", "param", "code"}


def test_tree_in_the_docstring_names_each_error():
    named = set((errors.__doc__ or "").split())
    assert {kind.__name__ for kind in leaves(GatewayError, errors)} < named


@pytest.mark.parametrize(
    ("theirs", "ours", "kind"),
    [
        (400, 400, "invalid_request_error"),
        (401, 502, "server_error"),
        (402, 502, "server_error"),
        (403, 502, "server_error"),
        (404, 404, "invalid_request_error"),
        (405, 502, "server_error"),
        (408, 504, "server_error"),
        (413, 413, "invalid_request_error"),
        (418, 502, "server_error"),
        (422, 422, "invalid_request_error"),
        (429, 429, "rate_limit_error"),
        (500, 502, "server_error"),
        (502, 502, "server_error"),
        (503, 503, "server_error"),
        (504, 504, "server_error"),
        (524, 504, "server_error"),
        (529, 503, "server_error"),
        (599, 502, "server_error"),
    ],
)
async def test_status_of_a_provider_is_passed_on_or_made_502(
    client, upstream, theirs, ours, kind
):
    upstream.script(status=theirs)
    answer = await client.post(PATH, CHAT)
    assert (answer.status, answer.error["type"]) == (ours, kind)


@pytest.mark.parametrize("status", [401, 403])
async def test_refusal_of_our_key_does_not_read_as_one_of_the_clients(
    client, upstream, status
):
    upstream.script(status=status, body={"error": {"message": f"bad {PROVIDER_KEY}"}})
    answer = await client.post(PATH, CHAT)
    assert answer.error["code"] == "upstream_auth"
    assert "www-authenticate" not in answer.headers
    assert PROVIDER_KEY not in answer.body.decode()


async def test_key_in_the_text_of_a_provider_is_masked(client, upstream):
    said = {"message": f"no {PROVIDER_KEY}", "code": PROVIDER_KEY}
    upstream.script(status=400, body={"error": said})
    answer = await client.post(PATH, CHAT)
    assert "no [key]" in answer.error["message"]
    assert PROVIDER_KEY not in answer.body.decode()


@pytest.mark.parametrize(
    ("said", "passed_on"),
    [("2", "2"), ("99999", "60"), ("0.2", "1"), ("0", "0"), ("soon", None)],
)
async def test_retry_after_is_passed_on_within_a_minute(
    client, upstream, said, passed_on
):
    upstream.script(status=429, headers={"Retry-After": said})
    answer = await client.post(PATH, CHAT)
    assert answer.error["code"] == "rate_limit_exceeded"
    assert answer.headers.get("retry-after") == passed_on


async def test_provider_without_a_key_is_503_that_names_the_variable(client, serve):
    serve(l3="unset/model")
    answer = await client.post(PATH, CHAT)
    assert (answer.status, answer.error["code"]) == (503, "provider_not_ready")
    assert "AURA_UNSET_API_KEY" in answer.error["message"]


async def test_provider_that_is_away_is_502_at_once(client, upstream):
    upstream.stop()
    try:
        answer = await client.post(PATH, CHAT)
    finally:
        upstream.start()
    assert (answer.status, answer.error["code"]) == (502, "upstream_unreachable")
    assert "127.0.0.1" not in answer.error["message"]


@pytest.mark.usefixtures("quick")
async def test_provider_that_is_silent_is_504(client, upstream):
    upstream.script(stall=True)
    answer = await client.post(PATH, CHAT)
    assert (answer.status, answer.error["code"]) == (504, "upstream_timeout")


@pytest.mark.parametrize("body", [b"<html>", b"", b"[]", b"null", {"choices": []}])
async def test_provider_that_gives_nonsense_is_502(client, upstream, body):
    upstream.script(body=body)
    answer = await client.post(PATH, CHAT)
    assert (answer.status, answer.error["code"]) == (502, "upstream_invalid")


async def test_answer_nested_too_deep_to_be_written_is_502(client, upstream):
    deep = b"[" * 300 + b"]" * 300
    upstream.script(body=b'{"choices": [{"message": {}}], "x": ' + deep + b"}")
    answer = await client.post(PATH, CHAT)
    assert (answer.status, answer.error["code"]) == (502, "upstream_invalid")


@pytest.mark.fault("C16")
@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", PATH, "POST"),
        ("PUT", PATH, "POST"),
        ("HEAD", PATH, "POST"),
        ("GET", "/v1/embeddings", "POST"),
        ("POST", "/v1/models", "GET, HEAD"),
        ("DELETE", "/v1/models/aura/l3", "GET, HEAD"),
        ("POST", "/health", "GET, HEAD"),
        ("OPTIONS", "/health/live", "GET, HEAD"),
    ],
)
async def test_wrong_method_is_405_and_says_the_right_one(
    client, method, path, allowed
):
    answer = await client.open(method, path).answer()
    assert (answer.status, answer.headers["allow"]) == (405, allowed)
    assert answer.error["code"] == "method_not_allowed"


@pytest.mark.fault("C16")
@pytest.mark.parametrize(
    "path",
    [
        "/v1",
        "/v1/",
        "/v1/completions",
        "/v1/models/",
        "/v1/chat/completions/",
        "/v1//chat/completions",
        "/v1/%0d%0aX: y",
        "/v1/" + "x" * 5000,
        "/health/",
        "/health/nothing",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_path_that_is_no_door_is_404(client, method, path):
    answer = await client.open(method, path).answer()
    assert (answer.status, answer.error["code"]) == (404, "not_found")
    assert "/v1/chat/completions" in answer.error["message"]
    assert len(answer.body) < 1000


@pytest.mark.fault("C16")
@pytest.mark.parametrize(
    "media", ["text/plain", "multipart/form-data; boundary=x", "application/jsonp", "x"]
)
async def test_body_of_another_type_is_415(client, media):
    answer = await client.post(PATH, CHAT, {"content-type": media})
    assert (answer.status, answer.error["code"]) == (415, "unsupported_media_type")


@pytest.mark.fault("C5")
async def test_declared_length_over_the_limit_is_413_unread(client):
    headers = {"content-length": str(BODY_MAX + 1)}
    exchange = client.open("POST", PATH, pieces=[CHAT_BYTES], headers=headers)
    answer = await exchange.answer()
    assert (answer.status, answer.error["code"]) == (413, "request_too_large")


@pytest.mark.parametrize("declared", ["", "²", "-1", "abc", "9" * 50])
async def test_odd_length_is_never_a_500(client, declared):
    answer = await client.post(PATH, CHAT, {"content-length": declared})
    assert answer.status == (413 if declared[:1] == "9" else 200)


@pytest.mark.fault("C5")
async def test_undeclared_body_over_the_limit_is_413_after_4_mib(client):
    pieces = [b" " * 2**20] * 100
    exchange = client.open("POST", PATH, pieces=pieces)
    assert (await exchange.answer()).status == 413
    assert exchange.unread == 95


JSON_CASES = {
    "nothing": b"",
    "half": b'{"model": ',
    "list": b"[]",
    "null": b"null",
    "text": b'"aura/l3"',
    "trailing text": CHAT_BYTES + b" x",
    "two": CHAT_BYTES * 2,
    "single quotes": b"{'model': 'aura/l3'}",
    "deep": b"[" * 100_000,
    "deep value": CHAT_BYTES[:-1] + b', "x": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "deeper than can be written": CHAT_BYTES[:-1]
    + b', "x": '
    + b"[" * 300
    + b"]" * 300
    + b"}",
    "long integer": CHAT_BYTES[:-1] + b', "seed": ' + b"1" * 5000 + b"}",
    "NaN": CHAT_BYTES[:-1] + b', "temperature": NaN}',
    "Infinity": CHAT_BYTES[:-1] + b', "temperature": Infinity}',
    "1e999": CHAT_BYTES[:-1] + b', "temperature": 1e999}',
    "bad UTF-8": CHAT_BYTES[:-1] + b', "user": "\xff"}',
    "UTF-16": CHAT_BYTES.decode().encode("utf-16"),
    "UTF-16 without BOM": CHAT_BYTES.decode().encode("utf-16-le"),
    "lone surrogate": CHAT_BYTES[:-1] + b', "user": "\\ud800"}',
    "lone surrogate in the name": b'{"model": "\\udc00", "messages": [1]}',
    "raw NUL": CHAT_BYTES[:-1] + b', "user": "\x00"}',
    "two BOMs": b"\xef\xbb\xbf" * 2 + CHAT_BYTES,
}


@pytest.mark.fault("C6", "C7", "C8")
@pytest.mark.parametrize("path", [PATH, "/v1/embeddings"])
@pytest.mark.parametrize("case", JSON_CASES)
async def test_body_that_is_no_usable_json_is_400(client, upstream, path, case):
    answer = await client.post(path, JSON_CASES[case])
    assert answer.status == 400
    assert answer.error["type"] == "invalid_request_error"
    assert "canary" not in answer.body.decode()
    assert upstream.requests == []


@pytest.mark.fault("C7", "C8")
@pytest.mark.parametrize(
    "body",
    [
        b"\xef\xbb\xbf" + CHAT_BYTES,
        b" \r\n" + CHAT_BYTES + b"\n",
        b'{"model": "gpt-5", ' + CHAT_BYTES[1:],
        CHAT_BYTES[:-1] + b', "user": "\\u0000 \\ud83d\\ude80"}',
        CHAT_BYTES[:-1] + b', "x": ' + b"[" * 200 + b"]" * 200 + b"}",
    ],
)
async def test_json_that_is_odd_but_right_is_taken(client, body):
    assert (await client.post(PATH, body)).status == 200


async def test_failure_of_our_own_is_500_and_tells_nothing(client, monkeypatch, caplog):
    def broken(*_):
        raise RuntimeError("secret detail")

    monkeypatch.setattr("gateway.plans.find_target", broken)
    answer = await client.post(PATH, CHAT)
    assert (answer.status, answer.error["type"]) == (500, "server_error")
    assert "secret" not in answer.body.decode()
    assert "Traceback" in caplog.text
    assert answer.headers["x-request-id"] in caplog.text


async def test_failure_of_our_own_in_a_stream_breaks_it_off(client, monkeypatch):
    async def broken(*_):
        raise RuntimeError("secret detail")

    monkeypatch.setattr("gateway.chat.send_event", broken)
    exchange = client.open_post(PATH, CHAT | {"stream": True})
    with pytest.raises(RuntimeError):
        await exchange.ended()
    assert not exchange.is_whole()


async def test_no_error_holds_a_key(client, upstream):
    for script in ({"status": 500}, {"body": b"<html>"}, {"status": 401}):
        upstream.script(**script)
        text = (await client.post(PATH, CHAT)).body.decode()
        assert KEY not in text and PROVIDER_KEY not in text
