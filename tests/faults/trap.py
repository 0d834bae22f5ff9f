"""A place on this machine that nobody may be led to: it counts who comes, and every name that
this process looks up and every address that it opens a connection to is written down."""

import socket
from typing import Any, Self

import pytest

from tests.faults.wire import well
from tests.upstream.hostile import HostileServer

# Spellings of addresses that are private, of this machine, or of a cloud's own services.
PRIVATE = (
    "127.0.0.1",
    "127.1",
    "127.0.1",
    "2130706433",
    "0x7f000001",
    "0x7f.0.0.1",
    "0177.0.0.1",
    "017700000001",
    "0.0.0.0",
    "0",
    "localhost",
    "localhost.",
    "LOCALHOST",
    "[::1]",
    "[::]",
    "[0:0:0:0:0:0:0:1]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[64:ff9b::7f00:1]",
    "[2002:7f00:1::]",
    "[fd00:ec2::254]",
    "169.254.169.254",
    "2852039166",
    "metadata.google.internal",
    "10.0.0.1",
    "172.17.0.1",
    "192.168.0.1",
    "100.100.100.200",
    "\u2460\u2461\u2466.\u24ea.\u24ea.\u2460",
    "127\u30020\u30020\u30021",
    "user:secret@127.0.0.1",
    "rebinds.example",
)


class Trap:
    """A server on 127.0.0.1, and what was looked up and called since it was set."""

    def __init__(self) -> None:
        self.called: list[Any] = []
        self.looked_up: list[str] = []
        self._server = HostileServer(well)
        self._patch = pytest.MonkeyPatch()

    @property
    def port(self) -> int:
        """Where it listens."""
        return self._server.port

    @property
    def connections(self) -> int:
        """How many came."""
        return self._server.connections

    def at(self, spelling: str, path: str = "v1") -> str:
        """Return an address that leads here, or to another private place, by a spelling."""
        return f"http://{spelling}:{self.port}/{path}"

    def called_but(self, *ports: int) -> list[Any]:
        """Return the addresses that were called, without those ports of 127.0.0.1."""
        ours = [("127.0.0.1", port) for port in ports]
        return [place for place in self.called if place not in ours]

    def look_up(self, host: str, port: Any, *rest: Any, **more: Any) -> list[Any]:
        """Stand for a name service that leads every name here."""
        self.looked_up.append(host)
        kind = (socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "")
        return [(*kind, ("127.0.0.1", self.port))]

    def _hear(self, way: str) -> None:
        """Note whom sockets call in this way, and let them call."""
        call = getattr(socket.socket, way)

        def heard(own: socket.socket, place: Any) -> Any:
            self.called.append(place[:2] if isinstance(place, tuple) else place)
            return call(own, place)

        self._patch.setattr(socket.socket, way, heard)

    def __enter__(self) -> Self:
        self._server.__enter__()
        for way in ("connect", "connect_ex"):
            self._hear(way)
        return self

    def __exit__(self, *exc: object) -> None:
        self._patch.undo()
        self._server.__exit__(*exc)
