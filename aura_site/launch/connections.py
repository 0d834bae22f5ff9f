"""The connections of a gunicorn worker: known, so that those of rude clients can be ended,
and refused in the words that clients of an API can read. gunicorn itself waits for a first
request, for a body and for a client that does not read as long as these like."""

import contextlib
import json
import resource
import select
import time
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any, Literal

from gunicorn.asgi.protocol import (  # type: ignore[import-untyped]
    ASGIProtocol,
)

from aura_site.launch.answer import Answer
from gateway.http import Receive, Scope, Send

Application = Callable[[Scope, Receive, Send], Awaitable[None]]
State = tuple[Literal["idle", "head", "body", "stuck"], int]
"""What a connection waits for, and a number that changes when it gets some of it."""

# What is merely idle is ended by the keep-alive time of gunicorn.conf.py.
LIMIT_S = {"head": 20.0, "body": 25.0, "stuck": 120.0}
PATROL_S = 2.5
# Closing while bytes of the client are on their way sends RST, which can overtake an answer.
LINGER_S = 2.0
SAID_MAX = 200
# A stream takes two of them. Systems hand out 1,024 and let a process ask for more.
OPEN_FILES = 65_536

_CODES = {408: "request_timeout", 414: "uri_too_long", 431: "headers_too_large"}
_CODES |= {500: "internal_error", 501: "not_implemented"}


class Connection(ASGIProtocol):  # type: ignore[misc]
    """A connection that its process knows of while it is open."""

    _closed: bool
    open: set["Connection"] = set()
    last_answers = False
    """Whether each answer that begins from now on is the last on its connection."""
    direct: Callable[[str], Application | None] = staticmethod(lambda path: None)
    """What answers a path straight away: it makes only headers that need no look, and does
    nothing after its answer."""

    def connection_made(self, transport: Any) -> None:
        """Note that the connection is there."""
        self._was_refused = self._is_last = False
        Connection.open.add(self)
        super().connection_made(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        """Note that it is gone."""
        Connection.open.discard(self)
        super().connection_lost(exc)

    @property
    def state(self) -> State | None:
        """What the connection waits for from its client; None when it is our turn."""
        if self._awaiting_request and not self._finishing_calls:
            return ("head" if self.req_count < 2 else "idle"), self.req_count
        if self._waits_for_body() and not self._closed:
            return "body", self.req_count
        if self._closed or self._flow_control.write_paused:
            return "stuck", self.transport.get_write_buffer_size()
        return None

    def close_quietly(self) -> None:
        """Close the connection, unless a request has just come in."""
        if not (self._request_ready.is_set() or self._has_input()):
            self._keepalive_timeout()

    def time_out(self) -> None:
        """End the connection of a client that does not send its body."""
        self._send_error_response(408, "The body did not come in time.")
        self._close_transport()

    def abort(self) -> None:
        """Cut the connection."""
        self.transport.abort()

    def _waits_for_body(self) -> bool:
        receiver = self._body_receiver
        return receiver is not None and not receiver._complete

    def _has_input(self) -> bool:
        poll = select.poll()
        poll.register(self.transport.get_extra_info("socket").fileno(), select.POLLIN)
        return bool(poll.poll(0))

    def ends_with(self, request: Any) -> bool:
        """Say, once the head of its answer is made, whether a request is the last one."""
        self._is_last = self._will_close(request, False)
        return self._is_last

    # What follows is called by gunicorn.

    async def _serve_http_request(
        self, request: Any, sockname: Any, peername: Any
    ) -> bool:
        # Without a task of its own, and without gunicorn's look at each header.
        application = Connection.direct(request.path)
        if application is None or not self._is_plain(request):
            kept: bool = await super()._serve_http_request(request, sockname, peername)
            return kept
        answer = Answer(self, request)
        scope = _scope(request, sockname, peername)
        try:
            await application(scope, self._body_receiver.receive, answer.send)
        except Exception:
            self.log.exception("Error in ASGI application")
            if not answer.has_begun:
                self._send_error_response(500, "Internal Server Error")
            return False
        return answer.is_over and self.worker.alive and not self._is_last

    def _is_plain(self, request: Any) -> bool:
        return (
            request.version == (1, 1)
            and request.method != "HEAD"
            and not self.log.access_log_enabled
        )

    def _arm_keepalive_timer(self) -> None:
        """Leave it to the patrol: a timer for each request costs more than looking at all."""

    def _will_close(self, request: Any, response_requires_close: bool) -> bool:
        # Said in the answer, else the client sends its next request into the close.
        return (
            Connection.last_answers
            or self._waits_for_body()
            or super()._will_close(request, response_requires_close)
        )

    def _send_error_response(
        self, status: int, message: str, extra_headers: Any = ()
    ) -> None:
        if self._closed:
            return
        self._was_refused = True
        self._safe_write(_refusal(status, message, extra_headers))

    def _close_transport(self) -> None:
        if self._closed or not (self._was_refused or self._waits_for_body()):
            super()._close_transport()
            return
        self._closed = True
        if self._body_receiver is not None:
            self._body_receiver.signal_disconnect()
        self._callback_parser = None  # what still comes is dropped
        self._resume_reading()
        if not self.transport.is_closing():
            self.transport.write_eof()
            self.worker.loop.call_later(LINGER_S, self.transport.abort)


def _scope(request: Any, sockname: Any, peername: Any) -> Scope:
    """Return what ASGI says of a request."""
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": "1.1",
        "method": request.method,
        "scheme": request.scheme,
        "path": request.path,
        "raw_path": request.raw_path or b"",
        "query_string": request.query.encode("latin-1") if request.query else b"",
        "root_path": "",
        "headers": request.headers_bytes,
        "server": sockname and sockname[:2],
        "client": peername and peername[:2],
    }


def allow_many() -> None:
    """Let this process have OPEN_FILES connections, or as many as the system lets it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = OPEN_FILES if hard == resource.RLIM_INFINITY else min(OPEN_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        # macOS may refuse what it says is the limit.
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _refusal(status: int, message: str, headers: Any) -> bytes:
    """Return an answer in OpenAI's shape: who speaks to `/v1` reads no other."""
    kind = "server_error" if status >= 500 else "invalid_request_error"
    code = _CODES.get(status, "bad_request")
    error = {"message": message[:SAID_MAX], "type": kind, "param": None, "code": code}
    body = json.dumps({"error": error}).encode()
    lines = [
        f"HTTP/1.1 {status} {HTTPStatus(status).phrase}",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
        *(f"{name}: {value}" for name, value in headers),
        "Connection: close",
    ]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


class Patrol:
    """Looks at every connection now and then, and ends those that wait for too long."""

    def __init__(self, keepalive_s: float) -> None:
        self.limit_s = {**LIMIT_S, "idle": keepalive_s}
        self._since: dict[Connection, tuple[State, float]] = {}

    def look(self) -> None:
        """Note how long each connection has been waiting for the same thing."""
        now, before, self._since = time.monotonic(), self._since, {}
        for connection in tuple(Connection.open):
            state = connection.state
            if state is None:
                continue
            known = before.get(connection)
            since = known[1] if known and known[0] == state else now
            self._since[connection] = state, since
            if now - since > self.limit_s[state[0]]:
                _end(connection, state)


def _end(connection: Connection, state: State) -> None:
    match state[0]:
        case "body":
            connection.time_out()
        case "stuck":
            connection.abort()
        case _:
            connection.close_quietly()
