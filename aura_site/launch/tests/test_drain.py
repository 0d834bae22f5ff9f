"""A stop of the server: running requests end, nobody who asks is lost, idle connections do
not hold it up."""

import http.client
import time

import pytest

from aura_site.launch.tests.serving import serving

pytestmark = pytest.mark.slow


@pytest.fixture
def running(tmp_path):
    with serving(tmp_path) as running:
        yield running


@pytest.fixture
def connect(running):
    """Return a function that opens a connection; all are closed at the end."""
    opened = []

    def connect():
        opened.append(http.client.HTTPConnection("127.0.0.1", running.port, timeout=20))
        return opened[-1]

    yield connect
    for connection in opened:
        connection.close()


def asked(connection, path="/"):
    connection.request("GET", path)
    return connection.getresponse()


def test_running_request_ends_and_idle_connections_are_closed(running, connect):
    idle = [connect() for _ in range(3)]
    for connection in idle:
        assert asked(connection).read() == b"done"
    slow = asked(connect(), "/slow")
    assert slow.read(1) == b"."
    began = time.monotonic()
    running.process.terminate()
    assert running.process.wait(20) == 0
    assert time.monotonic() - began < 10
    assert slow.read() == b"." * 29 + b"done"


@pytest.mark.fault("D16")
def test_request_on_an_open_connection_is_answered_and_told_that_it_was_the_last(
    running, connect
):
    busy, slow = connect(), connect()
    assert asked(busy).read() == b"done"
    began_before = asked(slow, "/slow")
    running.process.terminate()
    time.sleep(0.3)
    answer = asked(busy)
    assert (answer.read(), answer.headers["connection"]) == (b"done", "close")
    # Nobody told this one so, so it is not closed behind its answer.
    assert began_before.headers["connection"] is None
    assert began_before.read().endswith(b"done")
    answer = asked(slow)
    assert (answer.read(), answer.headers["connection"]) == (b"done", "close")
    assert running.process.wait(10) == 0


@pytest.mark.fault("D16")
def test_new_connections_are_taken_while_a_new_worker_may_be_starting(running, connect):
    held = asked(connect(), "/slow")
    running.process.terminate()
    time.sleep(0.5)
    answer = asked(connect())
    assert (answer.read(), answer.headers["connection"]) == (b"done", "close")
    assert held.read().endswith(b"done")


def test_a_worker_without_connections_ends_at_once(running):
    began = time.monotonic()
    running.process.terminate()
    assert running.process.wait(10) == 0
    assert time.monotonic() - began < 5


def test_the_application_hears_how_long_requests_may_run(tmp_path):
    with serving(tmp_path, "graceful_timeout = 10\n") as running:
        connection = http.client.HTTPConnection("127.0.0.1", running.port, timeout=5)
        assert asked(connection, "/told").read() == b"[]"
        running.process.terminate()
        time.sleep(0.3)
        assert asked(connection, "/told").read() == b"[8.0]"
        connection.close()


def test_what_does_not_end_is_cut_before_the_master_kills_the_worker(tmp_path):
    with serving(tmp_path, "graceful_timeout = 3\n") as running:
        connection = http.client.HTTPConnection("127.0.0.1", running.port, timeout=20)
        endless = asked(connection, "/endless")
        running.process.terminate()
        with pytest.raises((http.client.IncompleteRead, ConnectionError)):
            while endless.read(65_536):
                continue
        assert running.process.wait(10) == 0
        connection.close()
    assert "SIGKILL" not in (tmp_path / "log").read_text()


@pytest.mark.fault("D16")
def test_a_stop_that_comes_before_the_worker_serves_is_not_forgotten(tmp_path):
    late = "import time\n_init = post_worker_init\ndef post_worker_init(worker):\n"
    late += "    if open('count', 'a').write('x') and len(open('count').read()) > 1:\n"
    late += "        time.sleep(2)\n    _init(worker)\n"
    with serving(tmp_path, late) as running:
        running.process.send_signal(1)  # HUP: the new worker sleeps
        time.sleep(1)
        running.process.terminate()
        assert running.process.wait(10) == 0
