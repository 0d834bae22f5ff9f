"""The model server itself: listens in a thread of its own and records what it was asked."""

import asyncio
import threading
from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from time import monotonic
from typing import Any, Self

from aiohttp import web

from tests.upstream import replies
from tests.upstream.behaviour import Behaviour, Scripts
from tests.waiting import wait_until

MAX_BODY_BYTES = 256 * 2**20


@dataclass(frozen=True)
class Request:
    """One request as it came in; `body` is None where there was no JSON."""

    path: str
    headers: Mapping[str, str]
    body: Any
    at: float  # time.monotonic()

    @property
    def model(self) -> str:
        """The model that was asked for, "" when none was named."""
        return str(self.body.get("model", "")) if isinstance(self.body, dict) else ""

    @property
    def key(self) -> str:
        """The Bearer key that came along, "" when there was none."""
        return self.headers.get("Authorization", "").removeprefix("Bearer ")


@dataclass
class Ledger:
    """What happened since a reset. A request writes in the one that it began with."""

    requests: list[Request] = field(default_factory=list)
    open_streams: int = 0
    aborted: int = 0


class FakeUpstream:
    """The model server: `with FakeUpstream() as upstream: ... upstream.url ...`."""

    def __init__(self) -> None:
        self._port = 0
        self._loop: asyncio.AbstractEventLoop
        self._stopping: asyncio.Event
        self._thread: threading.Thread | None = None
        self._released = threading.Event()
        self.reset()

    @property
    def url(self) -> str:
        """The base URL, ending in /v1. It stays the same over stop() and start()."""
        return f"http://127.0.0.1:{self._port}/v1"

    @property
    def requests(self) -> list[Request]:
        """All requests since the last reset, oldest first."""
        return self._ledger.requests

    @property
    def open_streams(self) -> int:
        """Streams that have begun and not ended."""
        return self._ledger.open_streams

    @property
    def aborted(self) -> int:
        """Requests whose client hung up before the answer was complete."""
        return self._ledger.aborted

    def script(self, model: str | None = None, **behaviour: Any) -> None:
        """Let `model` (None: each model with no script of its own) answer otherwise.

        What can be said stands in `Behaviour`; a second call for a model replaces the first.
        """
        self._scripts.set(model, Behaviour(**behaviour))

    def release(self) -> None:
        """Let all streams go on that stand at their `hold_after`."""
        self._released.set()

    def reset(self) -> None:
        """Forget all scripts and all that was recorded."""
        self.release()
        self._released = threading.Event()
        self.models = ["test/one", "test/two"]
        self._scripts = Scripts()
        self._ledger = Ledger()

    def wait_for(self, count: int, timeout_s: float = 5.0) -> list[Request]:
        """Wait until `count` requests have come in, and return them."""
        wait_until(lambda: len(self.requests) >= count, f"{count} requests", timeout_s)
        return self.requests

    def start(self) -> None:
        """Listen, on the same port as before if there was one."""
        listening: Future[int] = Future()
        self._thread = threading.Thread(
            target=lambda: asyncio.run(self._serve(listening)),
            name="fake-upstream",
            daemon=True,
        )
        self._thread.start()
        self._port = listening.result(timeout=10)

    def stop(self) -> None:
        """Cut every connection; from now on connections are refused."""
        if self._thread is not None:
            self._loop.call_soon_threadsafe(self._stopping.set)
            self._thread.join(timeout=10)
            self._thread = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self.stop()

    async def _serve(self, listening: "Future[int]") -> None:
        self._loop = asyncio.get_running_loop()
        self._stopping = asyncio.Event()
        app = web.Application(client_max_size=MAX_BODY_BYTES)
        app.router.add_route("*", "/{path:.*}", self._handle)
        # With handler_cancellation a client that hangs up is noticed at once.
        runner = web.AppRunner(
            app, handler_cancellation=True, access_log=None, shutdown_timeout=0.05
        )
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", self._port, backlog=1024).start()
            listening.set_result(runner.addresses[0][1])
            await self._stopping.wait()
        except OSError as error:
            listening.set_exception(error)
        finally:
            await runner.cleanup()

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        ledger = self._ledger
        try:
            seen = await _seen(request)
            ledger.requests.append(seen)
            return await self._answer(request, seen, ledger)
        except replies.Dropped:
            raise
        except (asyncio.CancelledError, ConnectionError):
            ledger.aborted += not self._stopping.is_set()
            raise

    async def _answer(
        self, request: web.Request, seen: Request, ledger: Ledger
    ) -> web.StreamResponse:
        how, released = self._scripts.take(seen.model), self._released
        if how.stall:
            await asyncio.Event().wait()
        await asyncio.sleep(how.latency_s)
        call = f"chatcmpl-{len(ledger.requests)}"
        if not replies.wants_stream(seen.path, seen.body, how):
            if how.drop_after is not None:
                replies.drop(request)
            return replies.whole(seen.path, seen.body, call, how, self.models)
        ledger.open_streams += 1
        try:
            return await replies.stream(request, seen.body, call, how, released)
        finally:
            ledger.open_streams -= 1


async def _seen(request: web.Request) -> Request:
    try:
        body = await request.json()
    except ValueError:
        body = None
    return Request(request.path, request.headers, body, monotonic())
