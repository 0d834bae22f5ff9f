"""The two planes: `/v1/*` and `/health*` go to the gateway, everything else to Django. The
path is looked at once."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from django.conf import settings

from brains import watcher
from brains.provider_watch import WATCH
from brains.watcher import SelectionPart
from gateway.application import Gateway, is_ours
from gateway.http import Receive, Scope, Send
from gateway.keys import KeyPart, trust

Application = Callable[[Any, Any, Any], Awaitable[None]]


class Planes:
    """One ASGI application for the server, and the start and end of a worker."""

    def __init__(self, django: Application) -> None:
        self._django = django
        self._gateway = Gateway(settings.AURA_PROVIDERS, settings.AURA_MODEL_ALIASES)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or follow the life of the worker."""
        if scope["type"] == "http":
            plane = self._gateway if is_ours(scope["path"]) else self._django
            await plane(scope, receive, send)
        elif scope["type"] == "lifespan":
            await self._live(receive, send)
        else:
            await send({"type": "websocket.close"})

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        await asyncio.to_thread(_start)
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self._gateway.close()
        WATCH.stop()
        if running := watcher.running():
            await asyncio.to_thread(running.stop)
        await send({"type": "lifespan.shutdown.complete"})


def _start() -> None:
    """Load what this worker serves, and begin to watch for changes."""
    if settings.AURA_API_KEY:
        trust(settings.AURA_API_KEY)
    watcher.start([SelectionPart(), KeyPart()], settings.AURA_DATA_DIR)
    WATCH.start()
