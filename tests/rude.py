"""Clients on plain sockets, which do what no well-behaved one would, and what a server has
open meanwhile."""

import contextlib
import http.client
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import orjson
import psutil

from tests.server import AuraServer

CHAT = {"model": "aura/l3", "messages": [{"role": "user", "content": "hello"}]}
STREAM = CHAT | {"stream": True}
CHAT_PATH = "/v1/chat/completions"


@dataclass(frozen=True)
class Reply:
    """One whole answer."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def error(self) -> dict[str, Any]:
        """The error; it must have OpenAI's four keys."""
        assert self.headers["content-type"] == "application/json", self.body
        error: dict[str, Any] = orjson.loads(self.body)["error"]
        assert set(error) == {"message", "type", "param", "code"}, error
        return error

    @property
    def is_last(self) -> bool:
        """Whether it says that its connection closes."""
        return str(self.headers["connection"]).lower() == "close"


class RudeClient:
    """One connection to a server, and bytes as they are."""

    def __init__(
        self, port: int, *, timeout_s: float = 10.0, receive_buffer: int | None = None
    ) -> None:
        self.socket = socket.socket()
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(timeout_s)
        self.socket.connect(("127.0.0.1", port))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.socket.close()

    def send(self, *pieces: bytes) -> None:
        """Send bytes."""
        self.socket.sendall(b"".join(pieces))

    def reply(self, method: str = "GET") -> Reply:
        """Read one answer to its end."""
        answer = http.client.HTTPResponse(self.socket, method=method)
        answer.begin()
        return Reply(answer.status, answer.headers, answer.read())

    def is_closed(self) -> bool:
        """Say whether the server has closed the connection; what it sent is dropped."""
        self.socket.setblocking(False)
        try:
            while self.socket.recv(65_536):
                continue
        except BlockingIOError:
            return False
        except ConnectionError:
            return True
        return True


@contextlib.contextmanager
def crowd(
    port: int, count: int, *, receive_buffer: int | None = None
) -> Iterator[list[RudeClient]]:
    """Yield so many connections, which are closed at the end."""
    with contextlib.ExitStack() as stack:
        yield [
            stack.enter_context(RudeClient(port, receive_buffer=receive_buffer))
            for _ in range(count)
        ]


def request(
    path: str,
    body: bytes = b"",
    *headers: str,
    method: str = "",
    key: str = "",
    length: int | None = None,
) -> bytes:
    """Return the bytes of a request; `length` is what it declares, its own by default."""
    lines = [f"{method or ('POST' if body else 'GET')} {path} HTTP/1.1", "Host: a"]
    if key:
        lines.append(f"Authorization: Bearer {key}")
    if body or length is not None:
        lines.append(f"Content-Length: {len(body) if length is None else length}")
    return "\r\n".join([*lines, *headers, "", ""]).encode("latin-1") + body


def chat(server: AuraServer, body: dict[str, Any] | None = None) -> bytes:
    """Return the bytes of a chat request with the server's key."""
    data = orjson.dumps(body or CHAT)
    return request(CHAT_PATH, data, "Content-Type: application/json", key=server.key)


@dataclass(frozen=True)
class Footprint:
    """What all workers of a server hold together."""

    mib: float
    sockets: int
    threads: int

    @classmethod
    def of(cls, server: AuraServer) -> Self:
        """Look at the workers there are now."""
        workers = [psutil.Process(pid) for pid in server.worker_pids()]
        return cls(
            sum(worker.memory_info().rss for worker in workers) / 2**20,
            sum(len(worker.net_connections()) for worker in workers),
            sum(worker.num_threads() for worker in workers),
        )


def timed_health(server: AuraServer) -> float:
    """Return the seconds that /health/live takes on a new connection."""
    began = time.monotonic()
    with RudeClient(server.port) as client:
        client.send(request("/health/live"))
        assert client.reply().status == 200
    return time.monotonic() - began
