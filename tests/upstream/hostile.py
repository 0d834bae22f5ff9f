"""A server on plain sockets that does to its clients what no decent one would: any bytes,
any pauses, any end. Its scripts know sockets only; what a model says is in `bodies`.

    with HostileServer(sends(b"HTTP/1.1 200 OK\\r\\n", b"\\r\\n")) as server:
        ...  # call server.url, then look at server.connections and server.requests

A script is any callable `(sock, request)` that is run in a thread of its own for each
request. When it returns, its connection ends with FIN; when it returns KEEP, the connection
waits for the next request. Several scripts serve one request each, the last all others.
"""

import contextlib
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable
from typing import Self

from tests.waiting import wait_until

Script = Callable[[socket.socket, bytes], object]

KEEP = "keep the connection"
READ_S = 30.0  # the longest that a script or a request may take to read or write
# Closing with "linger for 0 s" sends RST in place of FIN.
LINGER_0 = struct.pack("ii", 1, 0)
OK = b"HTTP/1.1 200 OK\r\n"


class HostileServer:
    """Runs scripts on 127.0.0.1; `url` ends in /v1 as a provider's does."""

    def __init__(self, *scripts: Script, tls: ssl.SSLContext | None = None) -> None:
        self.requests: list[bytes] = []  # as they came, head and body
        self.connections = 0  # accepted in all
        self._scripts = scripts
        self._tls = tls
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()

    @property
    def url(self) -> str:
        """The base URL of this server."""
        scheme = "https" if self._tls else "http"
        return f"{scheme}://127.0.0.1:{self.port}/v1"

    @property
    def open_connections(self) -> int:
        """Connections whose script is at work or that wait for a request."""
        return len(self._open)

    def wait_until_closed(self, timeout_s: float = 1.0) -> float:
        """Wait until no connection is open, and return the seconds that took.

        A script notices that its client has gone only when it reads or writes.
        """
        return wait_until(lambda: not self._open, "the end of all", timeout_s)

    def __enter__(self) -> Self:
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *exc: object) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # wakes accept()
        self._listener.close()
        for sock in list(self._open):
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)  # wakes its script

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                sock, _ = self._listener.accept()
                self.connections += 1
                threading.Thread(target=self._serve, args=[sock], daemon=True).start()

    def _serve(self, sock: socket.socket) -> None:
        sock.settimeout(READ_S)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        # Whatever the client does to the connection is the end of it, and no failure here.
        with contextlib.suppress(OSError):
            if self._tls:
                sock = self._tls.wrap_socket(sock, server_side=True)
            self._open.add(sock)
            while (request := read_request(sock)) and self._run(sock, request):
                pass
        self._open.discard(sock)
        sock.close()

    def _run(self, sock: socket.socket, request: bytes) -> bool:
        with self._lock:
            number = min(len(self.requests), len(self._scripts) - 1)
            self.requests.append(request)
        return self._scripts[number](sock, request) == KEEP


def read_request(sock: socket.socket) -> bytes:
    """Return one request with its body, b"" when the client hung up before one."""
    data = b""
    while b"\r\n\r\n" not in data:
        if not (part := sock.recv(65536)):
            return b""
        data += part
    head, _, body = data.partition(b"\r\n\r\n")
    left = _content_length(head) - len(body)
    while left > 0:
        part = sock.recv(min(left, 1 << 20))
        if not part:
            return b""
        data, left = data + part, left - len(part)
    return data


def _content_length(head: bytes) -> int:
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line.partition(b":")[2])
    return 0


# Scripts


def sends(*pieces: bytes, pause_s: float = 0.0, keep: bool = False) -> Script:
    """Return a script that sends pieces, with a pause before each but the first."""

    def script(sock: socket.socket, request: bytes) -> object:
        for number, piece in enumerate(pieces):
            if number and pause_s:
                time.sleep(pause_s)
            sock.sendall(piece)
        return KEEP if keep else None

    return script


def answers(
    body: bytes, *, status: str = "200 OK", keep: bool = True, headers: bytes = b""
) -> Script:
    """Return a script that answers as it should; `headers` are whole lines."""
    head = f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n".encode()
    return sends(head + headers + b"\r\n" + body, keep=keep)


def drips(data: bytes, *, after: bytes = b"", every_s: float = 0.05) -> Script:
    """Return a script that sends `after` at once, then `data` byte by byte."""
    return sends(after, *(bytes([byte]) for byte in data), pause_s=every_s)


def streams(*events: bytes, end: bytes = b"0\r\n\r\n", pause_s: float = 0.0) -> Script:
    """Return a script that sends pieces as chunks of one body, then `end`; the connection
    is kept when that is the proper one."""
    head = OK + b"Content-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
    pieces = [chunked(event) for event in events]
    keeps = end == b"0\r\n\r\n"
    return sends(head, *pieces, *[end] * bool(end), pause_s=pause_s, keep=keeps)


def chunked(piece: bytes) -> bytes:
    """Return a piece of a body as one chunk of the chunked coding."""
    return b"%x\r\n%b\r\n" % (len(piece), piece)


def silent(*pieces: bytes) -> Script:
    """Return a script that sends pieces and then nothing, until the client hangs up."""

    def script(sock: socket.socket, request: bytes) -> object:
        for piece in pieces:
            sock.sendall(piece)
        sock.recv(1)
        return None

    return script


def resets(*pieces: bytes, after_s: float = 0.05) -> Script:
    """Return a script that sends pieces, and RST a little later: it can overtake what the
    client has not read yet."""

    def script(sock: socket.socket, request: bytes) -> object:
        for piece in pieces:
            sock.sendall(piece)
        time.sleep(after_s if pieces else 0)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_0)
        return None

    return script


def endless(
    head: bytes, piece: bytes, *, size: int = 1 << 40, pause_s: float = 0.0
) -> Script:
    """Return a script that sends a head, then a piece again and again until it has sent
    `size` bytes or the client hangs up."""

    def script(sock: socket.socket, request: bytes) -> object:
        sock.sendall(head)
        for _ in range(size // len(piece)):
            sock.sendall(piece)
            if pause_s:
                time.sleep(pause_s)
        return None

    return script
