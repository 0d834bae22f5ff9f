"""A message is signed as Standard Webhooks says, and goes to its address alone."""

import base64
import hashlib
import hmac
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from providers.webhook import NotDelivered, deliver, signature
from tests.ports import free_port

BODY = b'{"test": 2432232314}'


class Receiver(HTTPServer):
    """Keeps what it gets, and answers with `status`."""

    def __init__(self):
        self.got, self.status = [], 204
        super().__init__(("127.0.0.1", 0), Handler)

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}/hook?token=t"


class Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.got.append((self.path, dict(self.headers), body))
        self.send_response(self.server.status)
        if 300 <= self.server.status < 400:
            self.send_header("Location", self.server.url)
        self.end_headers()

    def log_message(self, *args):
        pass


@pytest.fixture
def receiver():
    with Receiver() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def test_a_message_arrives_with_its_signature(receiver):
    deliver(receiver.url, "a secret", "msg_1", BODY)
    [(path, headers, body)] = receiver.got
    assert (path, body) == ("/hook?token=t", BODY)
    assert headers["Content-Type"] == "application/json"
    assert headers["webhook-id"] == "msg_1"
    signed = f"msg_1.{headers['webhook-timestamp']}.".encode() + BODY
    digest = hmac.new(b"a secret", signed, hashlib.sha256).digest()
    assert headers["webhook-signature"] == "v1," + base64.b64encode(digest).decode()


def test_a_known_message_has_the_signature_of_the_standards_example():
    # From the specification's own example.
    headers = signature(
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        1614265330,
        BODY,
    )
    assert headers["webhook-signature"] == (
        "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    )


def test_without_a_secret_it_is_not_signed(receiver):
    deliver(receiver.url, "", "msg_1", BODY)
    assert "webhook-signature" not in receiver.got[0][1]


@pytest.mark.fault("W8")
@pytest.mark.parametrize("status", [301, 302, 307, 400, 404, 500, 503])
def test_any_other_answer_is_a_failure_and_no_redirect_is_followed(receiver, status):
    receiver.status = status
    with pytest.raises(NotDelivered, match=f"status {status}"):
        deliver(receiver.url, "s", "msg_1", BODY)
    assert len(receiver.got) == 1


@pytest.mark.parametrize("url", ["nonsense", "ftp://a.b/c", "http://", "http://[::1"])
def test_an_address_that_is_none_is_a_failure(url):
    with pytest.raises(NotDelivered, match="could not be reached"):
        deliver(url, "s", "msg_1", BODY)


def test_a_receiver_that_is_away_is_a_failure_that_names_neither_address_nor_secret():
    with pytest.raises(NotDelivered) as failure:
        deliver(f"http://127.0.0.1:{free_port()}/path-token", "secret", "m", BODY)
    assert "path-token" not in str(failure.value) and "secret" not in str(failure.value)
