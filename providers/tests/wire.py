"""A server on bare sockets, for answers that no HTTP library would write."""

import asyncio
import contextlib
import socket
import struct
from collections.abc import Awaitable, Callable
from typing import Self

Serve = Callable[["Connection"], Awaitable[None]]
# Closing with "linger for 0 s" sends RST in place of FIN.
LINGER_0 = struct.pack("ii", 1, 0)


class Connection:
    """One connection: read a request, write bytes, reset."""

    def __init__(
        self, number: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.number = number
        self._reader = reader
        self._writer = writer

    async def read(self) -> None:
        """Read one request with its body."""
        head = await self._reader.readuntil(b"\r\n\r\n")
        lengths = [
            line.partition(b":")[2]
            for line in head.lower().split(b"\r\n")
            if line.startswith(b"content-length:")
        ]
        await self._reader.readexactly(int(lengths[0]) if lengths else 0)

    async def write(self, *pieces: bytes) -> None:
        """Write pieces that the other side reads one by one."""
        for piece in pieces:
            self._writer.write(piece)
            await self._writer.drain()
            await asyncio.sleep(0.01)

    def reset(self) -> None:
        """End with RST."""
        sock = self._writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_0)
        self._writer.transport.abort()

    def close(self) -> None:
        """End with FIN."""
        self._writer.close()


class WireServer:
    """`async with WireServer(serve) as server`: runs `serve` for each connection."""

    def __init__(self, serve: Serve) -> None:
        self._serve = serve
        self.connections = 0
        self.url = ""
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._handle, "127.0.0.1", 0)
        port = self._server.sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{port}/v1"
        return self

    async def __aexit__(self, *exc: object) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)

    async def _handle(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.connections += 1
        self._tasks.add(task := asyncio.ensure_future(self._talk(reader, writer)))
        task.add_done_callback(self._tasks.discard)

    async def _talk(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        quiet = (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError)
        with contextlib.suppress(*quiet):
            await self._serve(Connection(self.connections, reader, writer))
        writer.close()
        with contextlib.suppress(*quiet):
            await writer.wait_closed()


def answering(*pieces: bytes) -> Serve:
    """Return what reads a request, writes `pieces` and ends with FIN."""

    async def serve(connection: Connection) -> None:
        await connection.read()
        await connection.write(*pieces)

    return serve
