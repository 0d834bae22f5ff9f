"""The hostile provider of these tests: one server whose script can be changed."""

import socket
from typing import Self

from tests.faults.wire import well
from tests.upstream.hostile import HostileServer, Script


class Provider:
    """`with Provider() as provider: provider.script = ...`; well-behaved until then."""

    def __init__(self) -> None:
        self.script: Script = well
        self._server = HostileServer(self._follow)

    @property
    def url(self) -> str:
        """The base URL for a provider."""
        return self._server.url

    @property
    def requests(self) -> list[bytes]:
        """The requests as they came."""
        return self._server.requests

    @property
    def count(self) -> int:
        """How many requests came."""
        return len(self._server.requests)

    def _follow(self, sock: socket.socket, request: bytes) -> object:
        return self.script(sock, request)

    def __enter__(self) -> Self:
        self._server.__enter__()
        return self

    def __exit__(self, *exc: object) -> None:
        self._server.__exit__(*exc)
