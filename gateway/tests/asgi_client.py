"""A client that speaks ASGI to an application in this process, as a server would: it
gathers the messages of an answer, and it can hang up at any moment."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any
from urllib.parse import unquote

import orjson

from gateway.http import Message, Receive, Scope, Send

TIMEOUT_S = 5.0


class Answer:
    """A whole answer."""

    def __init__(self, messages: list[Message]) -> None:
        start, *rest = messages
        self.status: int = start["status"]
        self.headers = {
            name.decode("ascii"): value.decode("ascii")
            for name, value in start["headers"]
        }
        assert len(self.headers) == len(start["headers"]), "a header came twice"
        self.body = b"".join(message.get("body", b"") for message in rest)

    def json(self) -> Any:
        """Return the body as JSON."""
        return orjson.loads(self.body)

    @property
    def error(self) -> dict[str, Any]:
        """The error; it must have OpenAI's four keys and nothing beside it."""
        assert self.headers["content-type"] == "application/json"
        body: dict[str, Any] = self.json()
        assert set(body) == {"error"}, body
        error: dict[str, Any] = body["error"]
        assert set(error) == {"message", "type", "param", "code"}, error
        assert error["message"] and error["type"], error
        return error

    @property
    def events(self) -> list[str]:
        """The data of each server-sent event."""
        assert self.headers["content-type"].startswith("text/event-stream")
        *events, last = self.body.decode().split("\n\n")
        assert last == "" and all(e.startswith("data: ") for e in events), events
        return [event.removeprefix("data: ") for event in events]

    @property
    def chunks(self) -> list[Any]:
        """The JSON of each event but `[DONE]`."""
        return [orjson.loads(event) for event in self.events if event != "[DONE]"]


class Exchange:
    """One request under way."""

    def __init__(self, application: Any, scope: Scope) -> None:
        self.messages: list[Message] = []
        self._incoming: asyncio.Queue[Message] = asyncio.Queue()
        self._gone = False
        self._news = asyncio.Condition()
        receive: Receive = self._incoming.get
        send: Send = self._send
        self.task = asyncio.ensure_future(application(scope, receive, send))

    def feed(self, *pieces: bytes, more: bool = False) -> None:
        """Let pieces of the body come in; with `more`, others follow later."""
        for place, piece in enumerate(pieces, start=1):
            follows = more or place < len(pieces)
            self._incoming.put_nowait(
                {"type": "http.request", "body": piece, "more_body": follows}
            )

    @property
    def unread(self) -> int:
        """How many pieces of the body the application has not taken."""
        return self._incoming.qsize()

    def hang_up(self) -> None:
        """Let the application hear that the client has gone."""
        self._gone = True
        self._incoming.put_nowait({"type": "http.disconnect"})

    async def _send(self, message: Message) -> None:
        if self._gone:
            return
        kind = "http.response.body" if self.messages else "http.response.start"
        assert message["type"] == kind, message
        assert not self.is_whole(), "a message came after the last"
        async with self._news:
            self.messages.append(message)
            self._news.notify_all()

    def is_whole(self) -> bool:
        """Say whether the answer has come to its end."""
        last = self.messages[-1] if self.messages else {}
        return last.get("type") == "http.response.body" and not last.get("more_body")

    async def messages_are(self, count: int) -> None:
        """Wait until there are as many messages, the start of the answer included."""
        async with self._news, asyncio.timeout(TIMEOUT_S):
            await self._news.wait_for(lambda: len(self.messages) >= count)

    async def ended(self) -> None:
        """Wait until the application is done with this request."""
        async with asyncio.timeout(TIMEOUT_S):
            await self.task

    async def answer(self) -> Answer:
        """Return the whole answer."""
        await self.ended()
        assert self.is_whole(), "the answer has no end"
        return Answer(self.messages)


class AsgiClient:
    """Sends requests with a key to an application."""

    def __init__(self, application: Any, key: str) -> None:
        self._application = application
        self.headers = {
            "authorization": f"Bearer {key}",
            "content-type": "application/json",
        }

    def open(
        self,
        method: str,
        path: str,
        *,
        pieces: Iterable[bytes] = (b"",),
        more: bool = False,
        headers: Mapping[str, str | None] | None = None,
    ) -> Exchange:
        """Begin a request; a header of None is left out. See `Exchange.feed`."""
        path, _, query = path.partition("?")
        merged = self.headers | dict(headers or {})
        scope: Scope = {
            "type": "http",
            "method": method,
            "path": unquote(path),
            "raw_path": path.encode(),
            "query_string": query.encode(),
            "headers": [
                (name.encode(), value.encode("latin-1"))
                for name, value in merged.items()
                if value is not None
            ],
        }
        exchange = Exchange(self._application, scope)
        exchange.feed(*pieces, more=more)
        return exchange

    async def get(
        self, path: str, headers: Mapping[str, str | None] | None = None
    ) -> Answer:
        """Return the answer to a GET."""
        return await self.open("GET", path, headers=headers).answer()

    async def post(
        self, path: str, body: Any, headers: Mapping[str, str | None] | None = None
    ) -> Answer:
        """Return the answer to a POST of JSON, or of bytes as they are."""
        return await self.open_post(path, body, headers).answer()

    def open_post(
        self, path: str, body: Any, headers: Mapping[str, str | None] | None = None
    ) -> Exchange:
        """Begin a POST of JSON, or of bytes as they are."""
        data = body if isinstance(body, bytes) else orjson.dumps(body)
        return self.open("POST", path, pieces=[data], headers=headers)


async def timed(ask: Callable[[], Awaitable[Answer]]) -> tuple[Answer, float]:
    """Return an answer and the seconds it took, at the best of three times."""
    times = []
    for _ in range(3):
        began = time.monotonic()
        answer = await ask()
        times.append(time.monotonic() - began)
    return answer, min(times)
