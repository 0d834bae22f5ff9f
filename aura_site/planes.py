"""The two planes: `/v1/*`, `/health*` and, for programs, `/metrics` go to the gateway, all
else to Django. The path is looked at once."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from django.conf import settings

from aura_site import worker
from aura_site.launch.drain import attend
from gateway.application import Gateway, is_ours
from gateway.draining import DRAIN
from gateway.errors import BodyTooLarge
from gateway.http import (
    BODY_MAX,
    BODY_TOO_LARGE,
    Message,
    Receive,
    Scope,
    Send,
    declares_too_much,
    fields,
    send_json,
)
from gateway.in_flight import IN_FLIGHT
from gateway.metrics.endpoint import is_scrape
from gateway.upstream import share

Application = Callable[[Any, Any, Any], Awaitable[None]]


class Planes:
    """One ASGI application for the server, and the start and end of a worker."""

    def __init__(self, django: Application) -> None:
        self._django = django
        self._gateway = Gateway(
            settings.AURA_PROVIDERS,
            settings.AURA_MODEL_ALIASES,
            settings.AURA_DEADLINES,
        )
        IN_FLIGHT.limit = settings.AURA_MAX_IN_FLIGHT

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or follow the life of the worker."""
        if scope["type"] == "http":
            is_data = is_ours(scope["path"]) or is_scrape(scope)
            plane = self._gateway if is_data else self._page
            await plane(scope, receive, send)
        elif scope["type"] == "lifespan":
            await self._live(receive, send)
        else:
            await send({"type": "websocket.close"})

    async def _page(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let Django answer, but not read without end: it would fill the disk."""
        try:
            if declares_too_much(fields(scope).get(b"content-length", b"")):
                raise BodyTooLarge(BODY_TOO_LARGE)
            await self._django(scope, _bounded(receive), send)
        except BodyTooLarge as error:
            await send_json(send, error.status, error.body())

    def attend(self, server: Any) -> None:
        """Watch over the connections of the gunicorn worker that serves this, to its end."""
        worker.share_metrics(Path(server.metrics_folder))
        attend(server, DRAIN.begin, self._direct)

    def _direct(self, path: str) -> Application | None:
        return self._gateway if is_ours(path) else None

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        share(self._gateway.upstream)
        await asyncio.to_thread(worker.start, self._gateway)
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self._gateway.close()
        await asyncio.to_thread(worker.stop)
        await send({"type": "lifespan.shutdown.complete"})


def _bounded(receive: Receive) -> Receive:
    """Return a `receive` that raises BodyTooLarge past BODY_MAX."""
    size = 0

    async def counted() -> Message:
        nonlocal size
        message = await receive()
        size += len(message.get("body", b""))
        if size > BODY_MAX:
            raise BodyTooLarge(BODY_TOO_LARGE)
        return message

    return counted
