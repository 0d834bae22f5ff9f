"""Entries into the table of calls: by the thousand, at a few microseconds each, through the
database connection of this thread, and bounded in time."""

import os
from collections.abc import Sequence
from functools import lru_cache, partial
from itertools import chain
from sqlite3 import SQLITE_LIMIT_VARIABLE_NUMBER
from typing import Any

import orjson
from django.db import DataError, connection

from gateway.records.entry import COLUMNS, FIELDS, Entry
from gateway.records.models import CallRecord

LOCKED_MS = 500
# One statement writes so many rows of SQLite: with fewer this thread and the event loop's wait
# for each other more often, and a row takes longer; with more the loop waits for longer.
ROWS = 125


class CallTable:
    """The table as one thread writes it. `patience_s` is how long a server may be silent."""

    def __init__(self, patience_s: float) -> None:
        self._patience_s = patience_s
        self._raw: Any = None
        self._file: tuple[int, int] | None = None

    def insert(self, entries: Sequence[Entry]) -> None:
        """Write all of these or none; those that are there already stay as they are.

        Raises Django's DatabaseError or InterfaceError, after which `close` is due.
        """
        self._open()
        with connection.wrap_database_errors:
            if connection.vendor == "sqlite":
                _insert_into_sqlite(entries)
            else:
                _insert_into_postgresql(entries)

    def insert_what_fits(self, entries: Sequence[Entry]) -> int:
        """Write these but for those that the database refuses for what is in them; return
        how many it refused. Raises as `insert` does."""
        try:
            self.insert(entries)
        # Not IntegrityError: that says that the table is another than this version knows.
        except (DataError, OverflowError):
            if len(entries) == 1:
                return 1
            half = len(entries) // 2
            return sum(map(self.insert_what_fits, (entries[:half], entries[half:])))
        return 0

    def look(self) -> None:
        """Ask for a row; raises when the table cannot be reached."""
        self._open()
        raw: Any = connection.connection
        with connection.wrap_database_errors:
            raw.execute(_look()).fetchall()

    def close(self) -> None:
        """Give the connection back; the next step opens another."""
        self._raw = None
        connection.close()

    def _open(self) -> None:
        is_sqlite = connection.vendor == "sqlite"
        if is_sqlite and self._file != _file_of_sqlite():
            # An open file that was deleted or replaced would go on taking rows.
            connection.close()
        connection.ensure_connection()
        raw: Any = connection.connection
        if raw is self._raw:
            return
        self._raw = raw
        if is_sqlite:
            raw.execute(f"PRAGMA busy_timeout = {LOCKED_MS}")
            self._file = _file_of_sqlite()
        else:
            # A server that is stopped keeps its connections: no timeout of its own, nor of
            # the network, would ever end a wait for it.
            raw.wait = partial(raw.wait, timeout=self._patience_s)


def _file_of_sqlite() -> tuple[int, int] | None:
    try:
        found = os.stat(str(connection.settings_dict["NAME"]))
    except OSError:  # it is gone; or it is in memory
        return None
    return found.st_dev, found.st_ino


def _insert_into_sqlite(entries: Sequence[Entry]) -> None:
    raw: Any = connection.connection
    # An old SQLite takes 999 values.
    at_once = min(ROWS, raw.getlimit(SQLITE_LIMIT_VARIABLE_NUMBER) // len(COLUMNS))
    whole = len(entries) - len(entries) % at_once
    raw.execute("BEGIN IMMEDIATE")
    try:
        for begin in range(0, whole, at_once):
            values = chain.from_iterable(entries[begin : begin + at_once])
            raw.execute(_inserting(at_once), list(values))
        raw.executemany(_inserting(1), entries[whole:])
        raw.execute("COMMIT")
    except BaseException:
        raw.rollback()
        raise


def _insert_into_postgresql(entries: Sequence[Entry]) -> None:
    # As JSON a batch is one value, adapted at once: value by value took four times as long
    # here, and four times as long in the server.
    rows = [dict(zip(COLUMNS, entry, strict=True)) for entry in entries]
    raw: Any = connection.connection
    with raw.cursor() as cursor:
        cursor.execute(_inserting_json(), [orjson.dumps(rows).decode()])


# The names in these statements are those of our own model; values are always parameters.


@lru_cache
def _inserting(rows: int) -> str:
    """Return the statement that writes so many rows of SQLite."""
    row = f"({', '.join('?' * len(COLUMNS))})"
    return f"{_insert()} VALUES {', '.join([row] * rows)} {_unless_there()}"


@lru_cache
def _inserting_json() -> str:
    """Return the statements that write a list of rows, as JSON, of PostgreSQL.

    They go in one message and are one transaction. Whoever holds a lock on the table, such as
    a migration, is not waited for.
    """
    typed = (f"{_quoted(n)} {f.db_type(connection)}" for n, f in FIELDS.items())
    entries = f"json_to_recordset(%s::json) AS entry ({', '.join(typed)})"
    patience = f"SET LOCAL lock_timeout = {LOCKED_MS}"
    insert = f"{_insert()} SELECT {_columns()} FROM {entries}"  # noqa: S608
    return f"{patience}; {insert} {_unless_there()}"


def _insert() -> str:
    return f"INSERT INTO {_quoted(CallRecord._meta.db_table)} ({_columns()})"


def _unless_there() -> str:
    return f"ON CONFLICT ({_quoted('call_id')}) DO NOTHING"


def _look() -> str:
    return f"SELECT 1 FROM {_quoted(CallRecord._meta.db_table)} LIMIT 1"  # noqa: S608


def _columns() -> str:
    return ", ".join(map(_quoted, COLUMNS))


def _quoted(name: str) -> str:
    return connection.ops.quote_name(name)
