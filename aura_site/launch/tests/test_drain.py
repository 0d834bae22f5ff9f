"""A stop of the server: running requests end, idle connections do not hold it up."""

import http.client
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from aura_site.launch.addresses import free_ports, wait_until_answers

ROOT = Path(__file__).resolve().parents[3]
CONF = """
from aura_site.launch.drain import close_idle_on_stop as post_worker_init
worker_class = "asgi"
keepalive = 75
control_socket_disable = True
"""
APPLICATION = """
import asyncio

async def application(scope, receive, send):
    if scope["type"] == "lifespan":
        raise NotImplementedError
    await send({"type": "http.response.start", "status": 200, "headers": []})
    if scope["path"] == "/slow":
        for _ in range(30):
            await send({"type": "http.response.body", "body": b".", "more_body": True})
            await asyncio.sleep(0.1)
    await send({"type": "http.response.body", "body": b"done"})
"""


@pytest.fixture
def port():
    return free_ports(1)[0]


@pytest.fixture
def server(tmp_path, port):
    """gunicorn with an application that answers at once, and /slow in 3 seconds."""
    (tmp_path / "conf.py").write_text(CONF)
    (tmp_path / "answering.py").write_text(APPLICATION)
    command = [
        sys.executable,
        "-m",
        "gunicorn",
        "-c",
        "conf.py",
        "-b",
        f"127.0.0.1:{port}",
    ]
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(
            [*command, "answering:application"],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=log,
            stderr=log,
        )
    url = f"http://127.0.0.1:{port}/"
    try:
        assert wait_until_answers(url, lambda: process.poll() is not None, within_s=10)
        yield process
    finally:
        process.kill()
        process.wait()


@pytest.mark.slow
def test_running_request_ends_and_idle_connections_are_closed(server, port):
    idle = [http.client.HTTPConnection("127.0.0.1", port) for _ in range(3)]
    for connection in idle:
        connection.request("GET", "/")
        connection.getresponse().read()
    slow = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    slow.request("GET", "/slow")
    running = slow.getresponse()
    assert running.read(1) == b"."
    began = time.monotonic()
    server.terminate()
    # One that is not silent is served once more, and told that this was the last.
    idle[0].request("GET", "/")
    answer = idle[0].getresponse()
    assert answer.read() == b"done"
    assert server.wait(20) == 0
    assert time.monotonic() - began < 10
    assert running.read() == b"." * 29 + b"done"
    for connection in (slow, *idle):
        connection.close()
