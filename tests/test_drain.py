"""TERM: whoever asks meanwhile is answered, streams run on, and those that cannot end are
told so. A worker that is killed takes its own streams along, and no others."""

import contextlib
import http.client
import os
import signal
import time
from collections.abc import Callable, Iterator

import orjson
import psutil
import pytest

from tests.rude import STREAM, Reply, RudeClient, chat, crowd, request
from tests.server import AuraServer
from tests.upstream import FakeUpstream
from tests.waiting import wait_until

pytestmark = pytest.mark.slow

GRACE_S, TOLD_S = 6, 4
STREAMS = 16


@pytest.fixture
def server(upstream: FakeUpstream):
    environment = {
        "OPENROUTER_BASE_URL": upstream.url,
        "OPENROUTER_API_KEY": "k",
        "GUNICORN_CMD_ARGS": f"--graceful-timeout {GRACE_S}",
    }
    with AuraServer(environment, workers=2) as server:
        yield server
    upstream.release()


def _end(server: AuraServer) -> psutil.Process:
    """Send TERM to the master, and return it."""
    master = psutil.Process(psutil.Process(server.worker_pids()[0]).ppid())
    master.terminate()
    return master


def _held(
    server: AuraServer, upstream: FakeUpstream, clients: list[RudeClient]
) -> None:
    """Open streams that stand still after their first chunk."""
    upstream.script(hold_after=1)
    for client in clients:
        client.send(chat(server, STREAM))
    for client in clients:
        assert client.socket.recv(12, 2) == b"HTTP/1.1 200"  # MSG_PEEK


@contextlib.contextmanager
def _held_by(
    server: AuraServer, upstream: FakeUpstream, pid: int
) -> Iterator[list[RudeClient]]:
    """Yield streams that this worker serves, since the others are not there to."""
    others = [other for other in server.worker_pids() if other != pid]
    for other in others:
        os.kill(other, signal.SIGSTOP)
    try:
        with crowd(server.port, STREAMS // 2) as clients:
            _held(server, upstream, clients)
            for other in others:
                os.kill(other, signal.SIGCONT)
            yield clients
    finally:
        for other in others:
            with contextlib.suppress(ProcessLookupError):
                os.kill(other, signal.SIGCONT)


def _asked(server: AuraServer, path: str) -> Reply:
    with RudeClient(server.port) as client:
        client.send(request(path))
        return client.reply()


def _events(reply: Reply) -> list[str]:
    """Return the data of each event of a whole stream."""
    lines = reply.body.decode().splitlines()
    return [line.removeprefix("data: ") for line in lines if line.startswith("data: ")]


def test_health_is_503_from_the_first_moment(
    server: AuraServer, upstream: FakeUpstream
):
    pid = server.worker_pids()[0]
    with _held_by(server, upstream, pid) as (kept, *_):
        upstream.release()
        assert _events(kept.reply())[-1] == "[DONE]"
        kept.send(request("/health"))
        before = kept.reply()
        assert before.status == 200 and not before.is_last
        os.kill(pid, signal.SIGTERM)
        time.sleep(0.2)
        kept.send(request("/health"))
        after = kept.reply()
    assert after.status == 503 and after.is_last
    assert orjson.loads(after.body)["status"] == "shutting_down"


def test_streams_run_to_their_end_and_new_requests_are_answered(
    server: AuraServer, upstream: FakeUpstream
):
    with crowd(server.port, STREAMS) as clients:
        _held(server, upstream, clients)
        master = _end(server)
        time.sleep(0.3)
        assert _asked(server, "/health/ready").status == 503
        assert _asked(server, "/health/live").status == 200
        assert _asked(server, "/v1/models").is_last
        upstream.release()
        ends = [_events(client.reply())[-1] for client in clients]
    assert ends == ["[DONE]"] * STREAMS
    master.wait(10)


def test_streams_that_cannot_end_are_told_and_end(
    server: AuraServer, upstream: FakeUpstream, measured: Callable[[str], None]
):
    with crowd(server.port, STREAMS) as clients, RudeClient(server.port) as plain:
        _held(server, upstream, clients)
        upstream.script(stall=True)
        plain.send(chat(server))
        upstream.wait_for(STREAMS + 1)
        began, master = time.monotonic(), _end(server)
        replies = [client.reply() for client in clients]
        took_s = time.monotonic() - began
        answer = plain.reply()
        master.wait(GRACE_S)
    for reply in replies:
        last = orjson.loads(_events(reply)[-1])
        assert last["error"]["code"] == "server_shutting_down"
        assert last["choices"][0]["finish_reason"] == "error"
    assert (answer.status, answer.error["code"]) == (503, "server_shutting_down")
    assert TOLD_S - 1 < took_s < GRACE_S
    assert upstream.open_streams == 0
    measured(
        f"with {GRACE_S} s of grace, {STREAMS} streams were told after {took_s:.1f} s"
    )


@pytest.mark.fault("D15")
def test_a_killed_worker_takes_its_own_streams_along_and_no_others(
    server: AuraServer, upstream: FakeUpstream, measured: Callable[[str], None]
):
    victim, other = server.worker_pids()
    with (
        _held_by(server, upstream, victim) as its_own,
        _held_by(server, upstream, other) as others,
    ):
        os.kill(victim, signal.SIGKILL)
        took_s = wait_until(lambda: _is_at_strength(server, victim), "a new worker", 20)
        assert {_asked(server, "/health/live").status for _ in range(40)} == {200}
        upstream.release()
        for client in others:
            assert _events(client.reply())[-1] == "[DONE]"
        for client in its_own:
            with pytest.raises((http.client.HTTPException, ConnectionError)):
                client.reply()
    measured(
        f"of {STREAMS} streams the {len(its_own)} of the killed worker broke; the new one "
        f"listened after {took_s:.1f} s"
    )


def _is_at_strength(server: AuraServer, dead: int) -> bool:
    pids = server.worker_pids()
    if dead in pids or len(pids) < server.workers:
        return False
    listens = [
        any(
            c.status == psutil.CONN_LISTEN
            for c in psutil.Process(pid).net_connections()
        )
        for pid in pids
    ]
    return all(listens) and server.log().count("ASGI server listening") >= 3
