"""Requests that one server reads otherwise than the next make no second request of one,
whichever of gunicorn's parsers reads them; and every refusal can be read by an API client."""

import pytest

from tests.rude import CHAT, CHAT_PATH, RudeClient, chat, request
from tests.server import AuraServer
from tests.upstream import FakeUpstream
from tests.waiting import wait_until

pytestmark = pytest.mark.slow

HOST = b"Host: a\r\n"
SMUGGLED = b"GET /v1/models HTTP/1.1\r\nHost: smuggled\r\n\r\n"
POST = b"POST /v1/chat/completions HTTP/1.1\r\n" + HOST
CASES = {
    "length and coding": POST
    + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "coding and length": POST
    + b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
    "two lengths": POST + b"Content-Length: 0\r\nContent-Length: 44\r\n\r\n",
    "two lengths alike": POST + b"Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}",
    "lengths in a list": POST + b"Content-Length: 0, 44\r\n\r\n",
    "negative length": POST + b"Content-Length: -1\r\n\r\n",
    "length with a sign": POST + b"Content-Length: +2\r\n\r\n{}",
    "length in hex": POST + b"Content-Length: 0x2\r\n\r\n{}",
    "length of nothing": POST + b"Content-Length: \r\n\r\n",
    "length in other digits": POST + b"Content-Length: \xb2\r\n\r\n{}",
    "space before the colon": POST + b"Content-Length : 44\r\n\r\n",
    "folded line": POST + b"X: a\r\n Content-Length: 44\r\n\r\n",
    "folded coding": POST + b"Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n",
    "bare LF after the line": b"GET /health HTTP/1.1\n" + HOST + b"\r\n",
    "bare LF after a header": b"GET /health HTTP/1.1\r\nHost: a\n\r\n",
    "bare LF at the end": b"GET /health HTTP/1.1\r\n" + HOST + b"\n",
    "bare CR": b"GET /health HTTP/1.1\r\nX: a\rContent-Length: 44\r\n\r\n",
    "NUL": b"GET /health HTTP/1.1\r\nX: a\x00b\r\n\r\n",
    "coding of another name": POST + b"Transfer-Encoding: xchunked\r\n\r\n",
    "two codings": POST + b"Transfer-Encoding: chunked, identity\r\n\r\n",
    "coding twice": POST
    + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n",
    "coding in quotes": POST + b'Transfer-Encoding: "chunked"\r\n\r\n',
    "coding for HTTP/1.0": b"POST /v1/models HTTP/1.0\r\n"
    + HOST
    + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "negative chunk": POST + b"Transfer-Encoding: chunked\r\n\r\n-1\r\n\r\n",
    "chunk in other digits": POST + b"Transfer-Encoding: chunked\r\n\r\n0x2\r\n{}\r\n",
    "chunk with bare LF": POST
    + b"Transfer-Encoding: chunked\r\n\r\n2\n{}\r\n0\r\n\r\n",
    "chunk longer than said": POST
    + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}{}\r\n0\r\n\r\n",
    "no version": b"GET /health\r\n\r\n",
    "version 9": b"GET /health HTTP/9.9\r\n" + HOST + b"\r\n",
    "no method": b" /health HTTP/1.1\r\n" + HOST + b"\r\n",
}

BEYOND_ALL = {
    "length": POST + b"Content-Length: " + b"9" * 30 + b"\r\n\r\n",
    "chunk": POST + b"Transfer-Encoding: chunked\r\n\r\n" + b"F" * 20 + b"\r\n",
}
# The first is ours, or the second, or both, however they are written.
TWO_HOSTS = [
    ("Host: 127.0.0.1", "Host: evil.example"),
    ("Host: evil.example", "Host: 127.0.0.1"),
    ("Host: 127.0.0.1", "hOST: 127.0.0.1"),
]


@pytest.fixture(scope="module")
def upstream():
    with FakeUpstream() as upstream:
        yield upstream


@pytest.fixture(scope="module", params=["auto", "python"])
def server(request: pytest.FixtureRequest, upstream: FakeUpstream):
    environment = {
        "OPENROUTER_BASE_URL": upstream.url,
        "OPENROUTER_API_KEY": "k",
        "GUNICORN_CMD_ARGS": f"--http-parser {request.param}",
    }
    with AuraServer(environment, workers=1) as server:
        yield server


@pytest.mark.fault("C12")
@pytest.mark.parametrize("case", CASES)
def test_smuggling_is_400_and_ends_the_connection(server: AuraServer, case: str):
    with RudeClient(server.port) as client:
        client.send(CASES[case], SMUGGLED)
        reply = client.reply()
        assert reply.status in (400, 501), reply.body
        assert reply.error["type"] in ("invalid_request_error", "server_error")
        assert reply.is_last
        wait_until(client.is_closed, "the end", 5)


@pytest.mark.fault("W6")
@pytest.mark.parametrize("hosts", TWO_HOSTS, ids=" ".join)
@pytest.mark.parametrize("path", ["/", "/admin/login/", "/api/presets", "/v1/models"])
def test_two_lines_of_host_are_400_and_end_the_connection(
    server: AuraServer, path: str, hosts: tuple[str, str]
):
    lines = [f"GET {path} HTTP/1.1", *hosts, "Accept: */*", "", ""]
    with RudeClient(server.port) as client:
        client.send("\r\n".join(lines).encode(), SMUGGLED)
        reply = client.reply()
        assert reply.status == 400 and reply.error["type"] == "invalid_request_error"
        assert b"evil" not in reply.body and reply.headers["location"] is None
        assert reply.is_last
        wait_until(client.is_closed, "the end", 5)


@pytest.mark.fault("C12")
@pytest.mark.parametrize("case", BEYOND_ALL)
def test_length_beyond_all_swallows_what_follows(server: AuraServer, case: str):
    with RudeClient(server.port) as client:
        client.send(BEYOND_ALL[case], SMUGGLED)
        reply = client.reply()
        assert reply.status in (400, 401) and reply.is_last
        wait_until(client.is_closed, "the end", 5)


@pytest.mark.fault("C12")
@pytest.mark.parametrize("name", ["Content_Length", "Transfer_Encoding"])
def test_header_with_an_underscore_is_not_the_one_with_a_dash(server: AuraServer, name):
    value = "44" if name == "Content_Length" else "chunked"
    with RudeClient(server.port) as client:
        client.send(request("/health/live", b"", f"{name}: {value}"))
        assert client.reply().status == 200
        client.send(request("/health/live"))
        assert client.reply().status == 200


@pytest.mark.fault("C12")
def test_requests_in_one_piece_are_answered_in_their_order(server: AuraServer):
    with RudeClient(server.port) as client:
        client.send(*[request(f"/v1/nothing-{number}") for number in range(5)])
        told = b""
        while told.count(b"nothing-") < 5:
            told += client.socket.recv(65_536)
    places = [told.index(b"nothing-%d" % number) for number in range(5)]
    assert places == sorted(places)


@pytest.mark.fault("C11")
def test_headers_of_the_client_stay_with_us(server: AuraServer, upstream: FakeUpstream):
    upstream.reset()
    given = [
        "Cookie: canary=1",
        "X-Forwarded-For: canary",
        "X-Forwarded-Host: canary",
        "Forwarded: for=canary",
        "X-Api-Key: canary",
        "OpenAI-Organization: canary",
        "Proxy-Authorization: canary",
        "User-Agent: canary",
        "Referer: http://canary",
        "Accept-Encoding: canary",
        "TE: canary",
        "Upgrade: canary",
        "Keep-Alive: canary",
        "X-Canary: canary",
        "Connection: keep-alive, X-Canary",
    ]
    message = chat(server).replace(b"\r\n\r\n", b"\r\n" + _lines(given), 1)
    with RudeClient(server.port) as client:
        client.send(message)
        reply = client.reply()
    assert reply.status == 200
    [asked] = [asked for asked in upstream.requests if asked.path == CHAT_PATH]
    assert "canary" not in str(asked.headers).lower()
    assert asked.key == "k" and server.key not in str(asked.headers)
    assert asked.body["messages"] == CHAT["messages"]


def _lines(headers: list[str]) -> bytes:
    return "\r\n".join([*headers, "", ""]).encode()


@pytest.mark.fault("C16")
@pytest.mark.parametrize(
    ("message", "status", "code"),
    [
        (request(CHAT_PATH), 405, "method_not_allowed"),
        (request(CHAT_PATH, method="BREW"), 405, "method_not_allowed"),
        (request("/v1/models", b"{}"), 405, "method_not_allowed"),
        (request("/v1/nothing"), 404, "not_found"),
        (request("/v1/../admin/"), 404, "not_found"),
        (request("/v1/%2e%2e/admin/"), 404, "not_found"),
        (request("/v1/nothing", b"", "Accept: text/html"), 404, "not_found"),
        (request("/v1/models", b"", "Accept: image/png"), 401, "invalid_api_key"),
        (request("/v1/models" + "x" * 9_000), 414, "uri_too_long"),
        (request("/v1/models", b"", "X: " + "x" * 9_000), 431, "headers_too_large"),
        (request("/v1/models", b"", *["X: x"] * 200), 431, "headers_too_large"),
    ],
)
def test_what_is_asked_wrongly_is_refused_as_json(server, message, status, code):
    with RudeClient(server.port) as client:
        client.send(message)
        reply = client.reply()
    assert (reply.status, reply.error["code"]) == (status, code)
    assert len(reply.body) < 1000


@pytest.mark.fault("C16")
def test_body_of_another_type_is_415(server: AuraServer):
    message = chat(server).replace(b"application/json", b"text/plain")
    with RudeClient(server.port) as client:
        client.send(message)
        reply = client.reply()
    assert (reply.status, reply.error["code"]) == (415, "unsupported_media_type")
