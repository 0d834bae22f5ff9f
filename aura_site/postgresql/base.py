"""The connection to PostgreSQL, with an end to its patience. A server that is suspended, or
cut off by a firewall, keeps its connections: no timeout of TCP or of the server itself ends
a wait for it."""

import time
import weakref
from collections.abc import Callable, Generator
from typing import Any

import psycopg
from django.db.backends.postgresql import base

PATIENCE_S = 3.0

Waiting = Generator[Any, Any, Any]


class DatabaseWrapper(base.DatabaseWrapper):
    """Ends a wait of more than PATIENCE_S, if `is_silent` says that the server answers
    nobody: a statement that merely takes long may do so."""

    is_silent: Callable[[], bool] = staticmethod(lambda: False)

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """Return a connection whose waits have an end."""
        connection = super().get_new_connection(conn_params)
        # Weak, else each connection would keep itself until the next garbage collection.
        wait: Any = weakref.WeakMethod(connection.wait)
        connection.wait = lambda waiting, *args, **kwargs: wait()(
            with_end(waiting, DatabaseWrapper.is_silent), *args, **kwargs
        )
        return connection


def with_end(waiting: Waiting, is_silent: Callable[[], bool]) -> Waiting:
    """Pass on what psycopg waits for; it comes back with 0 each 0.1 s without any news.

    Raises OperationalError.
    """
    until = time.monotonic() + PATIENCE_S
    try:
        wanted = next(waiting)
        while True:
            news = yield wanted
            if not news and time.monotonic() > until and is_silent():
                raise psycopg.OperationalError("the server does not answer")
            wanted = waiting.send(news)
    except StopIteration as end:
        return end.value
