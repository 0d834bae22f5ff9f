"""The connections of one event loop: idle ones kept for 15 s by origin, and all of them
watched by one clock. Which request goes over which is not decided here."""

import asyncio
import time
from urllib.parse import SplitResult

from providers.connection import Connection
from providers.dialing import Dialer

IDLE_S = 15.0
IDLE_MAX = 256  # of one origin
# One clock for all deadlines: a timer of its own costs each call more than it is worth.
TICK_S = 0.05
PORTS = {"http": 80, "https": 443}


class Origin:
    """A scheme, host and port, with the idle connections to it."""

    def __init__(self, pool: "Pool", scheme: str, host: str, port: int) -> None:
        self._pool = pool
        self._idle: dict[Connection, None] = {}
        self._dialer = Dialer(host, port, is_tls=scheme == "https")

    def take(self) -> Connection | None:
        """Return the connection that was used last, if one is idle."""
        while self._idle:
            connection, _ = self._idle.popitem()
            if connection.is_usable:
                return connection
        return None

    async def connect(self, due: float) -> Connection:
        """Return a new connection before `due`, a monotonic time.

        Raises TimeoutError, OSError, or ValueError for a host that no name can be.
        """
        async with asyncio.timeout(due - time.monotonic()):
            connection = await self._dialer.dial(self._made)
        if not connection.is_usable:
            raise ConnectionResetError  # it was closed before anything was asked
        self._pool.watch(connection)
        return connection

    def _made(self) -> Connection:
        return Connection(self._keep, self._forget)

    def _keep(self, connection: Connection) -> None:
        if len(self._idle) >= IDLE_MAX:
            connection.abort()
            return
        connection.due = time.monotonic() + IDLE_S
        self._idle[connection] = None

    def _forget(self, connection: Connection) -> None:
        self._idle.pop(connection, None)
        self._pool.forget(connection)

    @property
    def idle_count(self) -> int:
        """How many connections are idle."""
        return len(self._idle)


class Pool:
    """All connections, whatever their origin."""

    def __init__(self) -> None:
        self._origins: dict[tuple[str, str, int], Origin] = {}
        self._open: set[Connection] = set()
        self._timer: asyncio.TimerHandle | None = None

    @property
    def open_count(self) -> int:
        """How many connections are open, idle ones included."""
        return len(self._open)

    @property
    def idle_count(self) -> int:
        """How many connections are idle."""
        return sum(origin.idle_count for origin in self._origins.values())

    def origin(self, url: SplitResult) -> Origin:
        """Return the origin of an address. Raises ValueError."""
        host = url.hostname or ""
        place = url.scheme, host, url.port or PORTS[url.scheme]
        if place not in self._origins:
            self._origins[place] = Origin(self, *place)
        return self._origins[place]

    def watch(self, connection: Connection) -> None:
        """End what the connection waits for when it is due, up to TICK_S later."""
        self._open.add(connection)
        if self._timer is None:
            self._tick()

    def forget(self, connection: Connection) -> None:
        """Take note that a connection is closed."""
        self._open.discard(connection)

    def close(self) -> None:
        """Close every connection."""
        for connection in list(self._open):
            connection.shut()
        self._open.clear()

    def _tick(self) -> None:
        now = time.monotonic()
        for connection in [c for c in self._open if c.due <= now]:
            connection.expire()
        self._timer = None
        if self._open:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(TICK_S, self._tick)
