"""What a part of a turn asks of the database. Whoever reads the turn's events does it: a task
of the turn may outlive the request's view that it began in, and with that Django's thread."""

import asyncio
from collections.abc import Callable
from typing import Any

from asgiref.sync import sync_to_async


class Errand:
    """Work for a thread of Django's, and the way back to who waits for it."""

    def __init__(self, work: Callable[[], Any]) -> None:
        self._work = work
        self._done: asyncio.Future[asyncio.Task[Any]] = (
            asyncio.get_running_loop().create_future()
        )

    async def run(self) -> None:
        """Do it. What it raises is raised where its result is waited for."""
        task = asyncio.ensure_future(sync_to_async(self._work)())
        await asyncio.wait({task})
        if not self._done.done():
            self._done.set_result(task)

    async def result(self) -> Any:
        """Return what came of it, once somebody has done it."""
        return (await self._done).result()
