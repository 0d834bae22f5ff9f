"""A running server before a provider that sends far too much: its memory stays bounded, and
so does the wait. Around it stand the settings of proxies and keys that other programs obey."""

import gzip
import time

import pytest
import requests

from providers.reading import STREAM_MAX
from tests.faults.memory import Growth
from tests.faults.provider import Provider
from tests.faults.wire import OK, SSE, chunk, well
from tests.server import AuraServer
from tests.traffic import MESSAGES
from tests.upstream.hostile import HostileServer, endless, sends
from tests.waiting import wait_until

pytestmark = pytest.mark.slow

GB = 2**30
KEY = "sk-of-the-provider-0123456789"
TOTAL_S = 2
PIECE = b"x" * 65_536
EITHER = pytest.mark.parametrize("stream", [False, True], ids=["plain", "stream"])


@pytest.fixture(scope="module")
def trap():
    """A proxy that must see nothing."""
    with HostileServer(well) as trap:
        yield trap


@pytest.fixture(scope="module")
def _provider():
    with Provider() as provider:
        yield provider


@pytest.fixture
def provider(_provider, server):
    """The provider, after a good answer: failures of the test before are forgotten."""
    _provider.script = well
    assert ask(server, stream=False).status_code == 200
    return _provider


@pytest.fixture(scope="module")
def server(_provider, trap, tmp_path_factory):
    """One worker, with a `.netrc` and proxies around it, after a first call of each kind."""
    home = tmp_path_factory.mktemp("home")
    (home / ".netrc").write_text("default login canary password canary\n")
    (home / ".netrc").chmod(0o600)
    proxy = trap.url.removesuffix("/v1")
    environment = {
        "OPENROUTER_BASE_URL": _provider.url,
        "OPENROUTER_API_KEY": KEY,
        "AURA_L1_DEADLINES": f"total={TOTAL_S}",
        "HOME": str(home),
        "NETRC": str(home / ".netrc"),
        "REQUESTS_CA_BUNDLE": "/nowhere/bundle.pem",
        "NO_PROXY": "",
        **dict.fromkeys(
            ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy"), proxy
        ),
    }
    with AuraServer(environment, workers=1) as server:
        for stream in (False, True, False, True):
            assert ask(server, stream=stream).status_code == 200
        wait_until(lambda: checks_in(_provider.requests), "the watch over providers")
        yield server


@pytest.fixture
def growth(server):
    [pid] = server.worker_pids()
    return Growth(pid)


def checks_in(requests):
    """Return those that the worker makes by itself, to see whether a provider answers."""
    return [request for request in requests if request.startswith(b"GET ")]


def ask(server, *, stream, model="aura/l3"):
    """Ask and read the answer to its end."""
    with requests.Session() as session:
        session.trust_env = False
        return session.post(
            f"{server.url}/v1/chat/completions",
            json={"model": model, "messages": MESSAGES, "stream": stream},
            headers={"Authorization": f"Bearer {server.key}"},
            timeout=30,
        )


def ended_by(answer):
    """Return the code of the error event at the end of a stream."""
    assert answer.status_code == 200 and "[DONE]" not in answer.text[-200:]
    assert '"finish_reason":"error"' in answer.text[-600:]
    return answer.text[-600:].partition('"code":"')[2].partition('"')[0]


@pytest.mark.fault("U14")
def test_endless_stream_is_cut_at_its_size(server, provider, growth, measured):
    piece = chunk("x" * 250_000)
    provider.script = endless(SSE, piece)
    with growth:
        answer = ask(server, stream=True)
    assert ended_by(answer) == "upstream_invalid"
    assert len(answer.content) < STREAM_MAX * 1.1
    assert growth.mb < 10
    measured(f"cut after {len(answer.content) >> 20} MiB, memory +{growth.mb:.1f} MiB")


@pytest.mark.fault("U14")
def test_endless_stream_is_cut_at_its_total_deadline(
    server, provider, growth, measured
):
    provider.script = endless(SSE, chunk("x"), pause_s=0.001)
    began = time.monotonic()
    with growth:
        answer = ask(server, stream=True, model="aura/l1")
    took_s = time.monotonic() - began
    assert ended_by(answer) == "upstream_timeout"
    assert abs(took_s - TOTAL_S) < 1
    assert growth.mb < 10
    measured(
        f"total deadline {TOTAL_S} s: cut after {took_s:.2f} s, memory "
        f"+{growth.mb:.1f} MiB"
    )


HEADS = {
    "with its length": OK + b"Content-Length: %d\r\n\r\n" % GB,
    "without its length": OK + b"\r\n",
}


@EITHER
@pytest.mark.parametrize("head", HEADS)
@pytest.mark.fault("U15")
def test_answer_of_1_gb_is_a_502(server, provider, growth, head, stream, measured):
    provider.script = endless(HEADS[head], PIECE, size=GB)
    began = time.monotonic()
    with growth:
        answer = ask(server, stream=stream)
    took_s = time.monotonic() - began
    assert answer.status_code == 502
    assert answer.json()["error"]["code"] == "upstream_invalid"
    assert growth.mb < 40
    measured(f"{head}: 502 after {took_s:.2f} s, memory +{growth.mb:.1f} MiB")


@EITHER
@pytest.mark.fault("U15")
def test_error_of_1_gb_is_an_error(server, provider, growth, stream):
    provider.script = endless(b"HTTP/1.1 500 No\r\n\r\n", PIECE, size=GB)
    with growth:
        assert ask(server, stream=stream).status_code == 502
    assert growth.mb < 40


BOMB = gzip.compress(b"x" * 50_000_000)
CODED = b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(BOMB)


@EITHER
@pytest.mark.parametrize("status", [b"200 OK", b"500 No"])
@pytest.mark.fault("U16")
def test_gzip_bomb_is_refused(server, provider, growth, status, stream, measured):
    provider.script = sends(b"HTTP/1.1 " + status + b"\r\n" + CODED + BOMB)
    with growth:
        answer = ask(server, stream=stream)
    assert answer.status_code == 502
    assert growth.mb < 10
    asked = provider.requests[-1].lower()
    assert b"accept-encoding: identity" in asked
    measured(f"50 MB in {len(BOMB) // 1000} KB: 502, memory +{growth.mb:.1f} MiB")


@pytest.mark.fault("U21")
def test_provider_sees_our_key_and_a_proxy_nothing(server, provider, trap, measured):
    for stream in (False, True):
        assert ask(server, stream=stream).status_code == 200
    seen = provider.requests
    assert checks_in(seen)  # they go another way than calls do
    keys = [request.partition(b"uthorization: ")[2] for request in seen]
    assert all(key.startswith(b"Bearer " + KEY.encode() + b"\r\n") for key in keys)
    assert not any(b"canary" in request for request in seen)
    assert trap.connections == 0
    measured(f"{len(keys)} requests with our key, 0 at the proxy")
