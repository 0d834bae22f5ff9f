"""Connections of rude clients end in time, those of others are left alone."""

import json
import resource
import socket
import time

import pytest

from aura_site.launch.connections import LIMIT_S, PATROL_S, allow_many
from aura_site.launch.tests.serving import serving

pytestmark = pytest.mark.slow

QUICK = """
drain.PATROL_S = 0.05
connections.LIMIT_S |= {"head": 0.5, "body": 0.5, "stuck": 0.5}
"""
HEAD = b"GET / HTTP/1.1\r\nHost: a\r\n"


@pytest.fixture(scope="module", params=["direct", "gunicorn"])
def port(request, tmp_path_factory):
    conf = f"{QUICK}IS_DIRECT = {request.param == 'direct'}\n"
    with serving(tmp_path_factory.mktemp("server"), conf) as server:
        yield server.port


@pytest.fixture
def client(port):
    with socket.create_connection(("127.0.0.1", port), timeout=10) as client:
        yield client


def all_of(client):
    """Return what the server sends until it closes."""
    parts = []
    while part := client.recv(65_536):
        parts.append(part)
    return b"".join(parts)


def test_slow_ones_are_cut_by_30_s():
    assert max(LIMIT_S["head"], LIMIT_S["body"]) + PATROL_S < 30


def test_one_that_says_nothing_is_closed(client):
    assert all_of(client) == b""


def test_one_that_never_ends_its_head_is_closed(client):
    client.sendall(HEAD)
    assert all_of(client) == b""


def test_one_that_never_ends_its_body_is_told(client):
    client.sendall(b"POST /read HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nx")
    head, _, body = all_of(client).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 408 Request Timeout")
    assert b"Connection: close" in head
    assert json.loads(body)["error"]["code"] == "request_timeout"


def test_one_that_does_not_read_is_cut(port):
    with socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.settimeout(10)
        client.connect(("127.0.0.1", port))
        client.sendall(b"GET /endless HTTP/1.1\r\nHost: a\r\n\r\n")
        time.sleep(1.5)  # what it does not do cannot be waited for
        assert len(all_of(client)) < 20 * 2**20  # what was under way, and no more


def test_one_that_is_kept_between_requests_is_not(client):
    for pause_s in (0, 1, 0):
        time.sleep(pause_s)
        client.sendall(HEAD + b"\r\n")
        assert client.recv(65_536).startswith(b"HTTP/1.1 200")


def test_an_answer_before_the_end_of_the_body_says_that_it_is_the_last(client):
    client.sendall(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nx")
    answer = all_of(client)
    assert answer.startswith(b"HTTP/1.1 200") and b"Connection: close" in answer


def test_such_an_answer_is_read_by_a_client_that_still_sends(client):
    size = 20 * 2**20
    client.sendall(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % size)
    client.sendall(b"x" * size)
    assert b"done" in all_of(client)


@pytest.mark.parametrize(
    ("request_", "status", "code"),
    [
        (b"GET\r\n\r\n", 400, "bad_request"),
        (HEAD + b"X: " + b"x" * 100_000 + b"\r\n\r\n", 431, "headers_too_large"),
        (b"GET /" + b"x" * 100_000 + b" HTTP/1.1\r\n\r\n", 414, "uri_too_long"),
        (HEAD + b"Transfer-Encoding: gzip\r\n\r\n", 400, "bad_request"),
    ],
    ids=["line", "head", "path", "coding"],
)
def test_what_is_no_request_is_refused_in_openais_shape(client, request_, status, code):
    client.sendall(request_)
    head, _, body = all_of(client).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 %d " % status)
    assert b"Content-Type: application/json" in head
    assert json.loads(body)["error"]["code"] == code


LIMITS = [
    ((1024, 524_288), (65_536, 524_288)),
    ((1024, 4096), (4096, 4096)),
    ((1024, resource.RLIM_INFINITY), (65_536, resource.RLIM_INFINITY)),
    ((100_000, 524_288), None),
    ((resource.RLIM_INFINITY, resource.RLIM_INFINITY), None),
]


@pytest.mark.parametrize(("found", "set_to"), LIMITS)
def test_a_worker_takes_as_many_files_as_it_may(monkeypatch, found, set_to):
    asked = []
    monkeypatch.setattr(resource, "getrlimit", lambda _: found)
    monkeypatch.setattr(resource, "setrlimit", lambda _, limit: asked.append(limit))
    allow_many()
    assert asked == ([set_to] if set_to else [])


def test_a_system_that_refuses_more_files_is_no_error(monkeypatch):
    def refuse(*_):
        raise ValueError("not allowed to raise maximum limit")

    monkeypatch.setattr(resource, "getrlimit", lambda _: (1024, 4096))
    monkeypatch.setattr(resource, "setrlimit", refuse)
    allow_many()
