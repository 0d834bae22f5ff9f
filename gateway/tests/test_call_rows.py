"""Every call that is over becomes one row, and waits on disk while the database is away."""

import logging
import sqlite3
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.db import connection

from gateway.records import rows as call_rows
from gateway.records.entry import COLUMNS, entry_of, line_of
from gateway.records.models import CallRecord
from gateway.tests.conftest import CHAT, KEY, PATH, PROVIDER_KEY
from gateway.tests.recording import TABLE, batch, finished, ids, on_record

pytest_plugins = ("gateway.tests.call_databases",)


@pytest.fixture
def lines(caplog):
    caplog.set_level(logging.INFO, logger="gateway")
    return lambda: [line for line in caplog.messages if "call" in line]


# What is in a row.


def test_every_field_of_a_call_is_in_its_row(calls_database, rows):
    began_at = datetime(2026, 11, 23, 14, 5, 6, 789012, UTC)
    call = finished(
        began_at=began_at.timestamp(),
        status=502,
        error="provider_unreachable",
        cost_usd=0.0000001234,
        fallback="budget",
        attempts=2,
    )

    rows().write([call])

    row = CallRecord.objects.get()
    assert row.call_id == call.id
    assert abs((row.began_at - began_at).total_seconds()) < 0.00001
    same = (
        *("key_id", "key_name", "operation", "layer", "asked", "model", "provider"),
        *("preset", "revision", "source", "status", "error", "input_tokens"),
        *("output_tokens", "first_chunk_s", "duration_s", "is_streamed", "fallback"),
        "attempts",
    )
    for name in same:
        assert getattr(row, name) == getattr(call, name), name
    assert (row.cost_usd, row.cost_source) == (Decimal("0.0000001234"), "provider")
    assert row.overhead_s == pytest.approx(0.25)


def test_a_time_is_the_same_as_when_django_writes_it(calls_database, rows):
    moment = datetime(2026, 11, 23, 14, 5, 6, tzinfo=UTC)

    rows().write([finished(began_at=moment.timestamp())])

    assert CallRecord.objects.filter(began_at=moment).exists()


def test_what_is_unknown_is_null_and_never_zero(calls_database, rows):
    unknown = ("input_tokens", "output_tokens", "cost_usd", "first_chunk_s")

    rows().write([finished(**dict.fromkeys(unknown), key_id=0, model="who/knows")])

    row = CallRecord.objects.get()
    assert [getattr(row, name) for name in unknown] == [None] * 4
    assert row.key_id is None and row.key_name == "web app"
    assert row.cost_source == ""


def test_the_cost_is_the_provider_s_or_that_of_the_price_table(own_sqlite, rows):
    said, priced = finished(cost_usd=0.5), finished(cost_usd=None)
    free = finished(cost_usd=0.0)

    rows().write([said, priced, free])

    found = {row.call_id: row for row in CallRecord.objects.all()}
    assert found[said.id].cost_usd == Decimal("0.5")
    assert found[free.id].cost_usd == 0 and found[free.id].cost_source == "provider"
    assert found[priced.id].cost_usd and found[priced.id].cost_source == "prices"


@pytest.mark.parametrize("cost", [float("inf"), float("nan"), 1e9, -1.0])
def test_a_cost_that_makes_no_sense_is_unknown(own_sqlite, rows, cost):
    rows().write([finished(cost_usd=cost)])

    assert CallRecord.objects.get().cost_usd is None


def test_time_that_a_clock_took_back_is_no_negative_overhead(own_sqlite, rows):
    rows().write([finished(duration_s=1.0, upstream_s=1.1)])

    assert CallRecord.objects.get().overhead_s == 0


def test_what_clients_and_providers_wrote_always_fits(calls_database, rows):
    call = finished(asked="a\0b\ud800" + "x" * 500, error="e" * 500, fallback="f" * 500)

    rows().write([call])

    row = CallRecord.objects.get()
    assert row.asked.startswith("a?b?xx") and len(row.asked) == 200
    assert len(row.error) == len(row.fallback) == 100


def test_the_columns_are_those_of_the_table(db):
    assert len(entry_of(finished())) == len(COLUMNS)
    with connection.cursor() as cursor:
        table = connection.introspection.get_table_description(cursor, TABLE)
    assert set(COLUMNS) == {column.name for column in table} - {"id"}


# How rows are written.


def test_an_old_sqlite_that_takes_few_values_takes_them_all(own_sqlite, rows):
    writer = rows()
    writer.write(batch(1))
    assert connection.connection is not None
    connection.connection.setlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER, 999)

    writer.write(batch(100))

    assert len(on_record()) == 101


@pytest.mark.parametrize("size", [1, 124, 125, 126, 1_000])
def test_a_batch_of_any_size_is_written(calls_database, rows, size):
    calls = batch(size)

    rows().write(calls)

    assert on_record() == ids(calls)


def test_a_call_that_is_there_already_stays_as_it_was(calls_database, rows):
    call, others = finished(), batch(130)
    rows().write([call])

    rows().write([call._replace(status=500), *others])

    assert on_record() == ids([call, *others])
    assert CallRecord.objects.get(call_id=call.id).status == 200


def test_one_that_the_database_refuses_keeps_no_other_out(calls_database, rows, lines):
    # SQLite has no length that a text may have, PostgreSQL's driver no such number.
    is_sqlite = connection.vendor == "sqlite"
    bad = finished(input_tokens=2**70) if is_sqlite else finished(model="m" * 500)
    good = batch(90)
    writer = rows()

    writer.write([*good[:50], bad, *good[50:]])

    assert on_record() == ids(good)
    assert (writer.dropped, writer.spooled) == (1, 0)
    assert "1 calls since the start (the database refuses" in lines()[0]


def test_the_connection_is_given_back_when_there_is_nothing_to_write(
    own_sqlite, rows, monkeypatch
):
    writer = rows()
    writer.write(batch(1))
    writer.look()
    assert connection.connection is not None

    monkeypatch.setattr(call_rows, "IDLE_S", -1)
    writer.look()

    assert connection.connection is None


# What must be in none of it.


async def test_neither_prompt_nor_key_is_in_a_row_the_spool_or_the_log(
    client, upstream, records, caplog
):
    caplog.set_level(logging.DEBUG)
    for body in (CHAT, CHAT | {"stream": True}, CHAT | {"model": "no/such"}):
        await client.post(PATH, body)
    upstream.script(status=500, body={"error": {"message": "prompt-canary"}})
    await client.post(PATH, CHAT)

    assert len(records) == 4
    text = b"\n".join(line_of(entry_of(record)) for record in records).decode()
    for canary in ("prompt-canary", KEY, PROVIDER_KEY, "Bearer"):
        assert canary not in text and canary not in caplog.text
