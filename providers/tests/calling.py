"""What the tests of calls share: bodies, deadlines, and one way to make any call."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from providers.client import Client
from providers.deadlines import Deadlines
from providers.registry import Route
from providers.shipped import named
from tests.waiting import wait_until

KEY = "sk-provider-canary-0123456789"
BODY = {"messages": [{"role": "user", "content": "Hello"}], "seed": 7}
LONG = Deadlines(5, 5, 5)
OK = b"HTTP/1.1 200 OK\r\n"
CHAT = b'{"choices": [{"message": {"content": "Hello"}}]}'
EMBEDDINGS = b'{"data": []}'
CHUNK = b'data: {"choices": [{"delta": {"content": "a"}}]}\n\n'
FINISH = b'data: {"choices": [{"delta": {}, "finish_reason": "stop"}]}\n\n'
DONE = b"data: [DONE]\n\n"
CALLS = pytest.mark.parametrize("call", ["chat", "stream", "embed"])


async def do(
    call: str,
    client: Client,
    route: Route,
    deadlines: Deadlines = LONG,
    body: dict[str, Any] = BODY,
) -> Any:
    """Make a call and return all it gives."""
    if call == "stream":
        return [c async for c in client.stream_chat(route, body, deadlines)]
    if call == "embed":
        return await client.embed(route, {"input": "Hello"}, deadlines)
    return await client.chat(route, body, deadlines)


def body_of(call: str) -> bytes:
    """Return the smallest body that is an answer to a call."""
    return {"chat": CHAT, "embed": EMBEDDINGS, "stream": FINISH + DONE}[call]


def texts(chunks: list[Any]) -> list[str]:
    """Return the text in each chunk that has choices."""
    return [c["choices"][0]["delta"].get("content") for c in chunks if c["choices"]]


def to(server: Any) -> Route:
    """Return a route to a server with a `url`."""
    return Route(named("groq", server.url, KEY), "a/one")


async def eventually(
    claim: Callable[[], object], what: str, timeout_s: float = 1.0
) -> None:
    """Wait without holding up the loop that the client lives on."""
    await asyncio.to_thread(wait_until, claim, what, timeout_s)
