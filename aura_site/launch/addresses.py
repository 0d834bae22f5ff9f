"""Ports and addresses on this machine: is one taken, which are free, does one answer."""

import errno
import http.client
import socket
import time
from collections.abc import Callable
from contextlib import ExitStack
from urllib.parse import urlsplit

POLL_S = 0.05
_ANYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - looked for, not bound
_REASONS = {
    errno.EADDRINUSE: (
        "Port {port} on {host} is taken by another program. Stop that program, or choose "
        "another port: PORT={other} make run"
    ),
    errno.EACCES: (
        "Port {port} is kept for the system's own programs. Choose one above 1023: "
        "PORT=8080 make run"
    ),
    errno.EADDRNOTAVAIL: (
        "This machine has no address {host}. Set HOST to one that it has, such as 127.0.0.1."
    ),
}


def port_problem(host: str, port: int) -> str:
    """Return why nothing can be served on this address, with the mend; "" when it can."""
    try:
        family, _, _, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except socket.gaierror:
        return (
            f"HOST is {host!r}, which is no address. Set it to one such as 127.0.0.1."
        )
    except OSError as error:
        reason = _REASONS.get(
            error.errno or 0, "Port {port} on {host} cannot be used: {error}."
        )
        other = port + 1 if port < 65_535 else 8080
        return reason.format(host=host, port=port, other=other, error=error.strerror)
    return ""


def free_ports(count: int) -> list[int]:
    """Return different ports on 127.0.0.1 that nothing listens on."""
    with ExitStack() as held:
        # All are held until each is known, so that no port comes twice.
        sockets = [held.enter_context(socket.socket()) for _ in range(count)]
        for sock in sockets:
            sock.bind(("127.0.0.1", 0))
        return [int(sock.getsockname()[1]) for sock in sockets]


def url_of(host: str, port: int) -> str:
    """Return the address at which a browser on this machine reaches a bound host."""
    shown = _ANYWHERE.get(host, host)
    return f"http://[{shown}]:{port}" if ":" in shown else f"http://{shown}:{port}"


def wait_until_answers(
    url: str, has_ended: Callable[[], bool], within_s: float = 60.0
) -> bool:
    """Wait until a GET of `url` gives 200; False when its server ended or time is up."""
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        if answers(url):
            return True
        if has_ended():
            return False
        time.sleep(POLL_S)
    return False


def answers(url: str) -> bool:
    """Return whether one GET of `url`, on this machine, gives 200 within a second."""
    parts = urlsplit(url)
    # Plain http.client: it knows no proxies, which have no part in this.
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=1)
    try:
        connection.request("GET", parts.path)
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
