"""A plain HTTP client for tests of model servers."""

import contextlib
import http.client
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit


@contextlib.contextmanager
def connected(url: str) -> Iterator[http.client.HTTPConnection]:
    """One connection to the server of an address."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(
        parts.hostname or "", parts.port, timeout=60
    )
    with contextlib.closing(connection):
        yield connection


def ask(
    connection: http.client.HTTPConnection, path: str, body: Any = None
) -> tuple[int, bytes]:
    """Return status and body of a GET or, with a body (JSON or bytes), a POST."""
    sent = body if isinstance(body, bytes | None) else json.dumps(body).encode()
    connection.request("POST" if sent else "GET", path, sent)
    answer = connection.getresponse()
    return answer.status, answer.read()


def ask_once(url: str, path: str, body: Any = None) -> tuple[int, bytes]:
    """The same, on a connection of its own, below an address."""
    with connected(url) as connection:
        return ask(connection, urlsplit(url).path + path, body)
