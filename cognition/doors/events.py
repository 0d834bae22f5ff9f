"""A turn as server-sent events: `instinct`, `delta`, `done`, later `reasoning`; `error` where
it breaks off."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

import orjson
from asgiref.sync import sync_to_async
from django.db import DatabaseError, InterfaceError
from django.http import StreamingHttpResponse

from cognition.doors.answers import told
from cognition.doors.shapes import reflection_shape, turn_shape
from cognition.reflection.models import Reflection
from cognition.turns.events import Delta, Done, Event, Instinct
from gateway.draining import DRAIN
from gateway.errors import GatewayError
from providers.errors import ProviderError

PING = b": ping\n\n"
PING_S = 10.0
LOOK_EVERY_S = 0.4
REASONING_WITHIN_S = 120.0
"""A client that is still there is told what L2 made of the turn, if that comes so soon."""

OVER = (Reflection.State.DONE, Reflection.State.FAILED)


async def as_events(events: AsyncGenerator[Event, None]) -> AsyncGenerator[bytes, None]:
    """Yield a turn's events as they come, with signs of life in silence."""
    try:
        async for event in events:
            yield _event(event)
            if isinstance(event, Done) and event.reflects:
                async for told_later in _reasoning(event.turn.pk):
                    yield told_later
    except (ProviderError, GatewayError, DatabaseError, InterfaceError) as error:
        yield named("error", told(error).body())


class EventStream(StreamingHttpResponse):
    """An answer of events, with signs of life in silence. When it is over, whoever ended it,
    what makes the events has ended too: Django would leave that to the garbage collector."""

    def __init__(self, parts: AsyncGenerator[bytes, None]) -> None:
        self._parts = _with_pings(parts)
        super().__init__(self._parts, content_type="text/event-stream")
        self["X-Accel-Buffering"] = "no"

    async def __aiter__(self) -> AsyncGenerator[bytes, None]:
        async with aclosing(self._parts):
            async for part in self._parts:
                yield part


async def _with_pings(
    parts: AsyncGenerator[bytes, None],
) -> AsyncGenerator[bytes, None]:
    """Yield parts, and a comment whenever none came for PING_S."""
    async with aclosing(parts):
        while True:
            coming = asyncio.ensure_future(anext(parts, None))
            try:
                while not (await asyncio.wait({coming}, timeout=PING_S))[0]:
                    yield PING
            except BaseException:
                coming.cancel()
                await asyncio.gather(coming, return_exceptions=True)
                raise
            if (part := coming.result()) is None:
                return
            yield part


def named(name: str, data: dict[str, Any]) -> bytes:
    """Return one event."""
    return b"event: %s\ndata: %s\n\n" % (name.encode(), orjson.dumps(data))


def _event(event: Event) -> bytes:
    if isinstance(event, Instinct):
        return named("instinct", {"text": event.text, "is_done": event.is_done})
    if isinstance(event, Delta):
        return named("delta", {"text": event.text})
    return named("done", turn_shape(event.turn))


async def _reasoning(turn: int) -> AsyncGenerator[bytes, None]:
    """Yield what L2 made of a turn, once it has. A process that is to end is not kept."""
    for _ in range(round(REASONING_WITHIN_S / LOOK_EVERY_S)):
        if DRAIN.is_on:
            return
        if reflection := await sync_to_async(_over)(turn):
            yield named("reasoning", reflection_shape(reflection))
            return
        await asyncio.sleep(LOOK_EVERY_S)


def _over(turn: int) -> Reflection | None:
    return Reflection.objects.filter(turn=turn, state__in=OVER).first()
