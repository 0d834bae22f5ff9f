"""`POST /chat/message`, one JSON answer, and `POST /chat/stream`, the same as it comes."""

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, aclosing

from django.http import HttpRequest, HttpResponseBase

from cognition.doors.answers import as_json, door, stamped
from cognition.doors.events import EventStream, as_events
from cognition.doors.shapes import turn_shape
from cognition.doors.thinking import thinking
from cognition.turns.events import Done, Event
from cognition.turns.turn import think


@door
async def message(request: HttpRequest) -> HttpResponseBase:
    """Answer a message once the reply is complete."""
    async with thinking(request) as (asked, brain, limits):
        async with aclosing(think(asked, brain)) as events:
            async for event in events:
                if isinstance(event, Done):
                    answer = as_json(turn_shape(event.turn))
                    stamped(answer, brain, limits)
        return answer


@door
async def stream(request: HttpRequest) -> HttpResponseBase:
    """Answer a message as server-sent events. The first is waited for before the status
    goes out, so that an early failure has a status of its own."""
    async with AsyncExitStack() as stack:
        asked, brain, limits = await stack.enter_async_context(thinking(request))
        events = await stack.enter_async_context(aclosing(think(asked, brain)))
        first = await anext(events)
        parts = _until_over(stack.pop_all(), first, events)
        answer = EventStream(parts)
        stamped(answer, brain, limits)
        if asked.keeps:  # a client that stops it knows where to go on
            answer["X-Aura-Conversation"] = str(asked.conversation or asked.begins)
        return answer


async def _until_over(
    stack: AsyncExitStack, first: Event, events: AsyncGenerator[Event, None]
) -> AsyncGenerator[bytes, None]:
    async with stack, aclosing(as_events(_with(first, events))) as parts:
        async for part in parts:
            yield part


async def _with(
    first: Event, events: AsyncGenerator[Event, None]
) -> AsyncGenerator[Event, None]:
    yield first
    async for event in events:
        yield event
