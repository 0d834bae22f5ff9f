"""Opening connections to one server: its name is looked up at most every 10 s, its
addresses are tried one after another without waiting for a dead one, and TLS is verified
against the system's certificates."""

import asyncio
import ipaddress
import ssl
import time
from collections.abc import Callable, Iterator
from functools import lru_cache
from itertools import chain, zip_longest
from socket import AF_INET6, IPPROTO_TCP, SOCK_STREAM

from providers.connection import Connection

LOOK_UP_EVERY_S = 10.0
# RFC 8305, 5: how long one address may take before the next is tried beside it.
NEXT_ADDRESS_S = 0.25

Make = Callable[[], Connection]


class Dialer:
    """Opens connections to one host and port."""

    def __init__(self, host: str, port: int, is_tls: bool) -> None:
        self._host, self._port, self._is_tls = host, port, is_tls
        self._is_address = _is_address(host)
        self._addresses = [host]
        self._fresh_until = 0.0
        self._lookup: asyncio.Task[list[str]] | None = None

    async def dial(self, make: Make) -> Connection:
        """Return an open connection that `make` made. Raises OSError, or ValueError for a
        name that cannot be one; the caller bounds the time."""
        addresses = await self._looked_up()
        try:
            if len(addresses) == 1:
                return await self._open(addresses[0], make)
            return await self._race(iter(addresses), make)
        except OSError:
            self._fresh_until = 0.0  # it may have moved
            raise

    async def _race(self, addresses: Iterator[str], make: Make) -> Connection:
        """Try one address, and each 250 ms, or when one fails, the next beside it."""
        trying: set[asyncio.Task[Connection]] = set()
        failure: BaseException = OSError("no address")
        try:
            while True:
                if address := next(addresses, ""):
                    opening = asyncio.ensure_future(self._open(address, make))
                    trying.add(opening)
                elif not trying:
                    raise failure
                wait_s = NEXT_ADDRESS_S if address else None
                done, _ = await asyncio.wait(
                    trying, timeout=wait_s, return_when=asyncio.FIRST_COMPLETED
                )
                for task in done:
                    trying.discard(task)
                    if not (error := task.exception()):
                        return task.result()
                    failure = error
        finally:
            for task in trying:
                task.add_done_callback(_drop)
                task.cancel()

    async def _open(self, address: str, make: Make) -> Connection:
        _, connection = await asyncio.get_running_loop().create_connection(
            make,
            address,
            self._port,
            ssl=tls_context() if self._is_tls else None,
            server_hostname=self._host if self._is_tls else None,
        )
        return connection

    async def _looked_up(self) -> list[str]:
        """Return the addresses; calls at the same time share one look-up."""
        if self._is_address or time.monotonic() < self._fresh_until:
            return self._addresses
        if self._lookup is None:
            loop = asyncio.get_running_loop()
            self._lookup = loop.create_task(look_up(self._host, self._port))
            self._lookup.add_done_callback(self._note)
        return await asyncio.shield(self._lookup)

    def _note(self, lookup: "asyncio.Task[list[str]]") -> None:
        self._lookup = None
        if not lookup.cancelled() and not lookup.exception():
            self._addresses = lookup.result()
            self._fresh_until = time.monotonic() + LOOK_UP_EVERY_S


async def look_up(host: str, port: int) -> list[str]:
    """Return the addresses of a host, IPv6 and IPv4 by turns. Raises OSError."""
    found = await asyncio.get_running_loop().getaddrinfo(
        host, port, type=SOCK_STREAM, proto=IPPROTO_TCP
    )
    six = [str(place[0]) for family, *_, place in found if family == AF_INET6]
    four = [str(place[0]) for family, *_, place in found if family != AF_INET6]
    pairs = zip_longest(six, four)
    return [address for address in chain.from_iterable(pairs) if address]


def _drop(opening: "asyncio.Task[Connection]") -> None:
    """Close a connection that came too late."""
    if not opening.cancelled() and not opening.exception():
        opening.result().abort()


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


@lru_cache(maxsize=1)
def tls_context() -> ssl.SSLContext:
    """Return the one context: it holds no key, and reading the store takes a while."""
    context = ssl.create_default_context()
    context.set_alpn_protocols(["http/1.1"])
    return context
