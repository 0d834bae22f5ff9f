"""Recall with pgvector: PostgreSQL finds what is near by an HNSW index per space, over a column
beside the kept vectors. `manage.py make_memory_index` makes them; Django knows of neither."""

import hashlib
from collections.abc import Iterator
from typing import Any

import numpy as np
from django.conf import settings
from django.db import connection, transaction
from psycopg import sql

from cognition.memory.matrices import Block
from cognition.memory.models import MemoryVector
from cognition.memory.space import Space, unpacked

SETTING = "pgvector"
OLDEST = (0, 8)
"""From then on a search goes on until it has found enough rows of the person."""
INDEXED_MAX = 2_000
"""Longer vectors have no HNSW index; all of the person's are looked at then."""
BATCH = 500
SEARCHED = 100
TABLE = sql.Identifier(MemoryVector._meta.db_table)
INSTALL = (
    "The database server has no pgvector: install it there (Debian: `apt-get install "
    "postgresql-17-pgvector`), or run PostgreSQL from the image pgvector/pgvector:pg17."
)

_IN_SPACE = sql.SQL("person = %s AND model = %s AND dimension = %s")
_NEAR = sql.SQL(
    "(SELECT memory_id, vector FROM {table} WHERE {in_space} AND embedding IS NOT NULL"
    " ORDER BY {column} <#> %s::vector LIMIT %s) UNION ALL"
    " (SELECT memory_id, vector FROM {table} WHERE {in_space} AND embedding IS NULL)"
)
_FILL = sql.SQL(
    "UPDATE {table} SET embedding = one.embedding::vector"
    " FROM unnest(%s::bigint[], %s::text[]) AS one (id, embedding)"
    " WHERE {table}.id = one.id"
)


class CannotIndex(Exception):
    """The database cannot do it; the sentence says why, and the mend."""


def is_used() -> bool:
    """Say whether recall asks the database: that is wanted, and the column is there."""
    return settings.AURA_MEMORY_INDEX == SETTING and is_made()


def is_made() -> bool:
    """Say whether the column is there."""
    return connection.vendor == "postgresql" and bool(
        _value(
            "SELECT count(*) FROM pg_attribute WHERE attrelid = to_regclass(%s)"
            " AND attname = 'embedding' AND NOT attisdropped",
            MemoryVector._meta.db_table,
        )
    )


def has_unfilled() -> bool:
    """Say whether there are vectors to be copied into the column."""
    return is_used() and bool(_unfilled(1))


@transaction.atomic
def near(person: str, space: Space, wanted: bytes, count: int) -> Block:
    """Return memories with their vectors, unordered: those that are nearest by the index, and
    those that it does not know yet."""
    mine: list[Any] = [person, space.model, space.dimension]
    query = _NEAR.format(table=TABLE, in_space=_IN_SPACE, column=_column(space))
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL hnsw.iterative_scan = strict_order")
        cursor.execute(f"SET LOCAL hnsw.ef_search = {max(SEARCHED, count):d}")
        text = _text(wanted, space.dimension)
        cursor.execute(_said(query), [*mine, text, count, *mine])
        rows = cursor.fetchall()
    kept = b"".join(row[1] for row in rows)
    return np.array([row[0] for row in rows], np.int64), unpacked(kept, space.dimension)


def make() -> None:
    """Make the extension and the column, where they are missing. Raises CannotIndex."""
    if connection.vendor != "postgresql":
        raise CannotIndex("The database is SQLite: pgvector is for PostgreSQL.")
    if not _value("SELECT count(*) FROM pg_available_extensions WHERE name = 'vector'"):
        raise CannotIndex(INSTALL)
    _do(sql.SQL("CREATE EXTENSION IF NOT EXISTS vector"))
    version = _value("SELECT extversion FROM pg_extension WHERE extname = 'vector'")
    if tuple(int(part) for part in version.split(".")[:2]) < OLDEST:
        raise CannotIndex(f"pgvector {version} is too old: 0.8 or newer is needed.")
    add = "ALTER TABLE {} ADD COLUMN IF NOT EXISTS embedding vector"
    _do(sql.SQL(add).format(TABLE))
    _make_index("memory_unfilled", sql.SQL("(person) WHERE embedding IS NULL"))


def spaces() -> list[Space]:
    """Return the spaces in which there are vectors."""
    found = MemoryVector.objects.order_by("model", "dimension")
    return [Space(*row) for row in found.values_list("model", "dimension").distinct()]


def make_index(space: Space) -> bool:
    """Make the index of a space, if it is missing; reads and writes go on meanwhile. False
    when its vectors are too long for one."""
    if space.dimension > INDEXED_MAX:
        return False
    where = sql.SQL("USING hnsw ({} vector_ip_ops) WHERE model = {} AND dimension = {}")
    length = sql.Literal(space.dimension)
    _make_index(
        index_name(space),
        where.format(_column(space), sql.Literal(space.model), length),
    )
    return True


def index_name(space: Space) -> str:
    """Return what the index of a space is called."""
    return f"memory_hnsw_{hashlib.sha256(str(space).encode()).hexdigest()[:16]}"


def fill() -> Iterator[int]:
    """Copy vectors into the column, batch by batch; yield how many each time."""
    while rows := _unfilled(BATCH):
        ids = [pk for pk, _, _ in rows]
        texts = [_text(kept, dimension) for _, dimension, kept in rows]
        _do(_FILL.format(table=TABLE), [ids, texts])
        yield len(rows)


def _unfilled(count: int) -> list[tuple[int, int, bytes]]:
    query = sql.SQL(
        "SELECT id, dimension, vector FROM {} WHERE embedding IS NULL LIMIT %s"
    )
    with connection.cursor() as cursor:
        cursor.execute(_said(query.format(TABLE)), [count])
        return list(cursor.fetchall())


def _make_index(name: str, definition: sql.Composable) -> None:
    """Make an index without a lock; one that was left unfinished is made anew."""
    index = sql.Identifier(name)
    is_whole = "SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass(%s)"
    if _value(is_whole, name) is False:
        _do(sql.SQL("DROP INDEX CONCURRENTLY {}").format(index))
    made = sql.SQL("CREATE INDEX CONCURRENTLY IF NOT EXISTS {} ON {} {}")
    _do(made.format(index, TABLE, definition))


def _column(space: Space) -> sql.Composable:
    """Return the column as the index of a space has it."""
    return sql.SQL("(embedding::vector({}))").format(sql.Literal(space.dimension))


def _text(kept: bytes, dimension: int) -> str:
    """Return a kept vector as pgvector reads it."""
    return f"[{','.join(map(str, unpacked(kept, dimension)[0]))}]"


def _said(query: sql.Composable) -> str:
    return query.as_string(connection.connection)


def _do(query: sql.Composable, values: list[Any] | None = None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_said(query), values)


def _value(query: str, *values: Any) -> Any:
    """Return the first value of the first row, None where there is no row."""
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        row = cursor.fetchone()
    return row[0] if row else None
