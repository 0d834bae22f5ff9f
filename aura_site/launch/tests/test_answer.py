"""Answers that are written straight to the connection are as HTTP/1.1 wants them."""

import http.client
import socket

import pytest

from aura_site.launch.tests.serving import serving

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def port(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("server")) as server:
        yield server.port


@pytest.fixture
def client(port):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    yield connection
    connection.close()


def asked(client, path, method="GET"):
    client.request(method, path)
    answer = client.getresponse()
    return answer, answer.read()


def sent(port, request):
    """Return all that comes for these bytes, until the server closes."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as client:
        client.sendall(request)
        parts = []
        while part := client.recv(65_536):
            parts.append(part)
        return b"".join(parts)


def test_answer_of_known_length_has_its_headers_and_a_date(client):
    answer, body = asked(client, "/whole")
    assert (answer.status, body) == (200, b"done")
    assert answer.headers["x-a"] == "b"
    assert answer.headers["date"].endswith(" GMT")
    assert answer.headers["transfer-encoding"] is None


def test_answer_without_a_length_comes_in_chunks(client):
    answer, body = asked(client, "/answer")
    assert (answer.status, body) == (200, b"done")
    assert answer.headers["transfer-encoding"] == "chunked"


def test_large_body_is_complete(client):
    assert asked(client, "/large")[1] == b"x" * 100_000


def test_connection_is_kept_for_the_next_request(client):
    client.connect()
    port = client.sock.getsockname()
    for path in ("/whole", "/answer", "/read", "/whole"):
        assert asked(client, path, "POST")[1] == b"done"
    assert client.sock.getsockname() == port


def test_requests_that_come_at_once_are_answered_in_turn(port):
    first = b"GET /whole HTTP/1.1\r\nHost: a\r\n\r\n"
    last = b"GET /answer HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    got = sent(port, first + last)
    assert got.count(b"HTTP/1.1 200 OK") == 2
    assert got.endswith(b"4\r\ndone\r\n0\r\n\r\n")
    assert b"Connection: close" in got


@pytest.mark.parametrize("path", ["/whole", "/answer"])
def test_head_has_no_body_and_old_clients_no_chunks(port, path):
    ends = b"Host: a\r\nConnection: close\r\n\r\n"
    head = sent(port, b"HEAD %b HTTP/1.1\r\n%b" % (path.encode(), ends))
    assert head.startswith(b"HTTP/1.1 200 OK") and head.endswith(b"\r\n\r\n")
    old = sent(port, b"GET %b HTTP/1.0\r\n\r\n" % path.encode())
    assert old.startswith(b"HTTP/1.0 200 OK") and old.endswith(b"\r\n\r\ndone")


def test_header_with_a_line_break_is_never_sent(port):
    got = sent(port, b"GET /split HTTP/1.1\r\nHost: a\r\n\r\n")
    assert got.startswith(b"HTTP/1.1 500 ")
    assert b"set-cookie" not in got.lower()


def test_failure_before_the_answer_is_500(port):
    got = sent(port, b"GET /fails HTTP/1.1\r\nHost: a\r\n\r\n")
    assert got.startswith(b"HTTP/1.1 500 ")


@pytest.mark.parametrize("path", ["/breaks", "/stops"])
def test_failure_in_the_answer_cuts_it_so_that_it_is_not_taken_for_whole(client, path):
    client.request("GET", path)
    answer = client.getresponse()
    with pytest.raises(http.client.IncompleteRead) as cut:
        answer.read()
    assert cut.value.partial == b"half"
