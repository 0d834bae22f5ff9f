"""gunicorn with a small application of its own, for the tests of what looks after it."""

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from aura_site.launch.addresses import free_ports, wait_until_answers

ROOT = Path(__file__).resolve().parents[3]
APPLICATION = """
import asyncio

TOLD = []

async def application(scope, receive, send):
    if scope["type"] == "lifespan":
        raise NotImplementedError
    await globals()[scope["path"].strip("/") or "answer"](receive, send)

async def answer(receive, send):
    await start(send)
    await send({"type": "http.response.body", "body": b"done"})

async def read(receive, send):
    while (await receive()).get("more_body"):
        pass
    await answer(receive, send)

async def slow(receive, send):
    await start(send)
    for _ in range(30):
        await send({"type": "http.response.body", "body": b".", "more_body": True})
        await asyncio.sleep(0.1)
    await send({"type": "http.response.body", "body": b"done"})

async def endless(receive, send):
    await start(send)
    while True:
        await send({"type": "http.response.body", "body": b"." * 65536, "more_body": True})

async def told(receive, send):
    await start(send)
    await send({"type": "http.response.body", "body": repr(TOLD).encode()})

async def whole(receive, send):
    headers = [(b"x-a", b"b"), (b"content-length", b"4")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"done"})

async def large(receive, send):
    headers = [(b"content-length", b"100000")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"x" * 100000})

async def split(receive, send):
    headers = [(b"x-a", b"b\\r\\nset-cookie: c")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"done"})

async def fails(receive, send):
    raise RuntimeError("before the answer")

async def breaks(receive, send):
    await start(send)
    await send({"type": "http.response.body", "body": b"half", "more_body": True})
    raise RuntimeError("in the answer")

async def stops(receive, send):
    await start(send)
    await send({"type": "http.response.body", "body": b"half", "more_body": True})

async def start(send):
    await send({"type": "http.response.start", "status": 200, "headers": []})
"""
CONF = """
import signal
import answering
from aura_site.launch import connections, drain

worker_class = "asgi"
keepalive = 75
control_socket_disable = True
IS_DIRECT = True

def post_fork(server, worker):
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})

def post_worker_init(worker):
    drain.attend(worker, answering.TOLD.append, lambda path: answering.application if IS_DIRECT else None)
"""


class Server:
    """A running gunicorn."""

    def __init__(self, port: int, process: "subprocess.Popen[bytes]") -> None:
        self.port, self.process = port, process


@contextlib.contextmanager
def serving(folder: Path, conf: str = "") -> Iterator[Server]:
    """Run gunicorn in `folder`, with more lines for its configuration."""
    (folder / "conf.py").write_text(CONF + conf)
    (folder / "answering.py").write_text(APPLICATION)
    port = free_ports(1)[0]
    command = [sys.executable, "-m", "gunicorn", "-c", "conf.py"]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [*command, "-b", f"127.0.0.1:{port}", "answering:application"],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=log,
            stderr=log,
        )
    url = f"http://127.0.0.1:{port}/"
    try:
        assert wait_until_answers(url, lambda: process.poll() is not None, within_s=20)
        yield Server(port, process)
    finally:
        process.kill()
        process.wait()
