"""Keeps exchanges that went well, where the setting says so: a bounded queue, and a thread of
its own that seals them and writes the rows. While the database is away they are lost, not
written elsewhere."""

import logging
import threading
import time
from collections.abc import AsyncGenerator
from typing import Any

from django.db import DatabaseError, InterfaceError, connection

from gateway.kept.models import KeptExchange
from gateway.kept.reply import Reply, StreamedReply
from gateway.kept.rows import Noted, row_of
from gateway.kept.sealing import seal
from gateway.records.pace import Pace
from gateway.underway import Call

logger = logging.getLogger(__name__)

Json = dict[str, Any]

# Bounds for the memory of a worker and for the size of the table: what is more goes by unkept.
WAITING_MAX = 64
BYTES_MAX = 8 * 1024 * 1024
PER_MINUTE = 600
EVERY_S = 0.5


class Keeper:
    """Takes exchanges on the loop's thread, and seals and writes them on its own."""

    def __init__(self) -> None:
        self.is_on = False
        """All that the fast path asks."""
        self._pace = Pace()
        self._reset()

    def _reset(self) -> None:
        """Hold nothing."""
        self._lock = threading.Lock()
        self._waiting: list[Noted] = []
        self._bytes = 0
        self._minute, self._in_minute = 0, 0
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def note(self, call: Call, body: Json, size: int, reply: Reply) -> None:
        """Take an exchange that went well, with the size of its request in bytes. Never
        waits and never raises."""
        now = time.monotonic()
        noted = Noted(call, body, reply, size + reply.length, now - call.began)
        with self._lock:
            if self._has_room(noted, int(now / 60)):
                self._waiting.append(noted)
                self._bytes += noted.size

    async def overheard(
        self, call: Call, body: Json, size: int, chunks: AsyncGenerator[Json, None]
    ) -> AsyncGenerator[Json, None]:
        """Yield the chunks of a stream as they come, and take it when it ended well."""
        reply = StreamedReply()
        try:
            async for chunk in chunks:
                reply.take(chunk)
                yield chunk
        finally:
            await chunks.aclose()
        self.note(call, body, size, reply)

    def start(self) -> None:
        """Keep what is noted from now on."""
        self.is_on = True
        logger.info("What clients ask and are answered is kept (AURA_KEEP_PROMPTS).")
        self._thread = threading.Thread(
            target=self._run, args=(self._stop,), name="keeper", daemon=True
        )
        self._thread.start()

    def stop(self, timeout_s: float = 2.0) -> None:
        """Keep what waits, and end the thread; wait for it no longer than that."""
        self.is_on = False
        self._stop.set()
        if self._thread:
            self._thread.join(timeout_s)
        self._reset()

    def write(self) -> None:
        """Seal what waits and write it; what the database does not take now is lost."""
        with self._lock:
            batch, self._waiting, self._bytes = self._waiting, [], 0
        if not batch:
            return
        try:
            key = seal()
            KeptExchange.objects.bulk_create([row_of(noted, key) for noted in batch])
        except (DatabaseError, InterfaceError, OSError) as error:
            if self._pace.is_due():
                # The error's own text may hold what was to be written.
                logger.warning(
                    "Exchanges cannot be kept just now (%s).", type(error).__name__
                )

    def _has_room(self, noted: Noted, minute: int) -> bool:
        if minute != self._minute:
            self._minute, self._in_minute = minute, 0
        self._in_minute += 1
        return (
            self._in_minute <= PER_MINUTE
            and len(self._waiting) < WAITING_MAX
            and self._bytes + noted.size <= BYTES_MAX
        )

    def _run(self, stop: threading.Event) -> None:
        while not stop.wait(EVERY_S):
            self._write_and_close()
        self._write_and_close()

    def _write_and_close(self) -> None:
        if not self._waiting:
            return
        try:
            self.write()
        except Exception as error:  # noqa: BLE001 - its text may hold what a client said
            # Whatever is wrong with one batch must not end the thread.
            if self._pace.is_due():
                logger.error("Exchanges were not kept (%s).", type(error).__name__)
        finally:
            connection.close()


KEEPER = Keeper()
