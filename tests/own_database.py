"""A database of a test's own in place of the one that all tests share, for every thread.
It is a real one, and can be made to fail or to hang for all threads but the test's."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.db import OperationalError, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created

from aura_site.databases import database

HANG_MAX_S = 20


class OwnDatabase:
    """What lies between the other threads and the database; at first it lets all pass."""

    def __init__(self) -> None:
        self._open = threading.Event()
        self._open.set()
        self._refusal: Callable[[str], Exception | None] = lambda sql: None
        self.refused = 0

    def fail(self, error: Exception | None = None, only: str = "") -> None:
        """Let every statement fail, or those that begin with `only`."""
        raised = error or OperationalError("the server went away")
        self._refusal = lambda sql: raised if sql.startswith(only) else None

    def hang(self) -> None:
        """Let every statement hang, as a stopped server does."""
        self._open.clear()

    def mend(self) -> None:
        """Let all pass again, also what hangs."""
        self._refusal = lambda sql: None
        self._open.set()

    def __call__(
        self,
        execute: Callable[..., Any],
        sql: str,
        params: Any,
        many: bool,
        context: Any,
    ) -> Any:
        """Stand around a statement, as `connection.execute_wrappers` want it."""
        self._open.wait(HANG_MAX_S)
        if error := self._refusal(sql):
            self.refused += 1
            raise error
        return execute(sql, params, many, context)

    def watch(self, connection: BaseDatabaseWrapper, **kwargs: Any) -> None:
        """Stand between a new connection and the thread that opened it."""
        if threading.current_thread() is not threading.main_thread():
            connection.execute_wrappers.append(self)


@contextmanager
def own_database(url: str, folder: Path) -> Iterator[OwnDatabase]:
    """Use the database at `url` ("" for SQLite in `folder`) instead of the tests' one."""
    settings, connection = connections.settings["default"], connections["default"]
    nowhere = dict.fromkeys(("HOST", "PORT", "USER", "PASSWORD"), "")
    connections.settings["default"] = settings | nowhere | database(url, "", folder)
    del connections["default"]
    own = OwnDatabase()
    connection_created.connect(own.watch)
    try:
        yield own
    finally:
        own.mend()
        connection_created.disconnect(own.watch)
        connections["default"].close()
        connections.settings["default"] = settings
        connections["default"] = connection
