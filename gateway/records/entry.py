"""A call as an entry: the values of one row of the table of calls, in the order of COLUMNS,
and as a line of JSON on disk. How it is written there is not known here."""

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, TypeAlias

import orjson
from django.db import models

from gateway.records.finished import FinishedCall
from gateway.records.models import CallRecord
from gateway.records.prices import cost_of

Value: TypeAlias = str | int | float | bool | None
Entry: TypeAlias = tuple[Value, ...]

FIELDS: Mapping[str, "models.Field[Any, Any]"] = {
    str(field.column): field
    for field in CallRecord._meta.concrete_fields
    if not field.primary_key
}
COLUMNS = tuple(FIELDS)
ERROR_LENGTH = CallRecord._meta.get_field("error").max_length or 0
ASKED_LENGTH = CallRecord._meta.get_field("asked").max_length or 0
COST_MAX = 1e7


def entry_of(call: FinishedCall) -> Entry:
    """Return the entry of a call; its cost as the provider said, else by the price table."""
    cost_usd, cost_source = _cost(call)
    return (
        call.id,
        moment(call.began_at),
        call.key_id or None,
        call.key_name,
        call.operation,
        call.layer,
        _foreign(call.asked, ASKED_LENGTH),
        call.model,
        call.provider,
        call.preset,
        call.revision,
        call.source,
        call.status,
        _foreign(call.error, ERROR_LENGTH),
        call.input_tokens,
        call.output_tokens,
        cost_usd,
        cost_source,
        call.first_chunk_s,
        call.duration_s,
        max(call.duration_s - call.upstream_s, 0.0),
        call.is_streamed,
        _foreign(call.fallback, ERROR_LENGTH),
        call.attempts,
        call.canary,
        call.abilities,
    )


def moment(unix_s: float) -> str:
    """Return a time as both databases read it: in UTC, and without saying so."""
    micros = int(unix_s * 1e6)
    second, fraction = _second(micros // 1_000_000), micros % 1_000_000
    # As Django writes it: rows are compared as text in SQLite.
    return f"{second}.{fraction:06d}" if fraction else second


def line_of(entry: Entry) -> bytes:
    """Return an entry as JSON, with the names of its columns."""
    return orjson.dumps(dict(zip(COLUMNS, entry, strict=True)))


def entry_from(line: bytes) -> Entry:
    """Return the entry of a line, of this version of Aura or of another.

    Raises ValueError when it is none.
    """
    found = orjson.loads(line)
    if not isinstance(found, dict) or not found.get("call_id"):
        raise ValueError("It is no entry of a call.")
    entry = tuple(found.get(name, _BLANK[name]) for name in COLUMNS)
    for name, value in zip(COLUMNS, entry, strict=True):
        if type(value) not in _KINDS[name] or (type(value) is int and value < 0):
            raise ValueError(f"{name} cannot be what it is.")
    datetime.fromisoformat(found["began_at"])  # what cannot be read breaks the pages
    return entry


@lru_cache(maxsize=64)
def _second(unix_s: int) -> str:
    return f"{datetime.fromtimestamp(unix_s, UTC):%Y-%m-%d %H:%M:%S}"


def _foreign(text: str, length: int) -> str:
    """Return what a client or a provider wrote as every column can hold it: one NUL or half
    a surrogate pair would keep a whole batch out."""
    if text.isascii() and "\0" not in text:
        return text[:length]
    return text[:length].replace("\0", "?").encode(errors="replace").decode()


def _cost(call: FinishedCall) -> tuple[float | None, str]:
    cost_usd, source = call.cost_usd, "provider"
    if cost_usd is None:
        cost_usd = cost_of(call.model, call.input_tokens, call.output_tokens)
        source = "prices"
    if cost_usd is None or not 0 <= cost_usd < COST_MAX:  # also not a number
        return None, ""
    return cost_usd, source


def _blank(field: "models.Field[Any, Any]") -> Value:
    if field.null:
        return None
    if isinstance(field, models.CharField):
        return ""
    return False if isinstance(field, models.BooleanField) else 0


def _kinds(field: "models.Field[Any, Any]") -> frozenset[type]:
    """Return the types of Python that a value of this column may have. Whether it fits is
    for the database to say."""
    kinds: set[type] = {int}
    if isinstance(field, models.CharField | models.DateTimeField):
        kinds = {str}
    elif isinstance(field, models.BooleanField):
        kinds = {bool}
    elif isinstance(field, models.FloatField | models.DecimalField):
        kinds = {float, int}
    return frozenset(kinds | {type(None)} if field.null else kinds)


_BLANK: Mapping[str, Value] = {name: _blank(field) for name, field in FIELDS.items()}
_KINDS = {name: _kinds(field) for name, field in FIELDS.items()}
