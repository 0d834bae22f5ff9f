"""Calls that wait on disk come back once each, whoever dies meanwhile, and take no more room
than they may."""

import contextlib
import logging
import os
import sqlite3
import stat

import pytest
from django.db import connection

from gateway.records import spool as module
from gateway.records.entry import COLUMNS, entry_from, entry_of, line_of
from gateway.records.spool import Spool, SpoolFull
from gateway.tests.recording import (
    batch,
    finished,
    ids,
    left_behind,
    lines_of,
    on_record,
    spool_files,
)
from tests.faults.small_disk import NoMount, small_disk
from tests.own_database import own_database
from tests.waiting import wait_until

pytest_plugins = ("gateway.tests.call_databases",)
LINES = [b'{"a": 1}', b'{"b": 2}']


@pytest.fixture
def spool(tmp_path):
    spool = Spool(tmp_path, "here")
    yield spool
    spool.close()


@pytest.fixture
def lines(caplog):
    caplog.set_level(logging.INFO, logger="gateway")
    return lambda: caplog.messages


def read(file):
    return [line for chunk in file.chunks() for line in chunk]


# The file.


def test_lines_are_read_back_in_order_and_the_file_goes(spool, tmp_path):
    spool.append(LINES)
    spool.append([b"3"])

    file = spool.take()

    assert read(file) == [*(line + b"\n" for line in LINES), b"3\n"]
    file.remove()
    assert not spool_files(tmp_path) and spool.take() is None


def test_a_file_is_for_its_owner_only(spool, tmp_path):
    spool.append(LINES)

    [path] = spool_files(tmp_path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_lines_that_come_while_a_file_is_read_go_into_another(spool, tmp_path):
    spool.append([b"1"])
    file = spool.take()

    spool.append([b"2"])

    assert read(file) == [b"1\n"] and len(spool_files(tmp_path)) == 2
    file.remove()
    assert read(other := spool.take()) == [b"2\n"]
    other.remove()


def test_reading_begins_where_it_was_broken_off(spool, monkeypatch):
    monkeypatch.setattr(module, "CHUNK", 1)
    spool.append([b"1", b"2", b"3"])
    file = spool.take()
    for chunk in file.chunks():
        if chunk == [b"2\n"]:
            break  # as when the database fails on it

    assert read(file) == [b"2\n", b"3\n"]
    file.close()


def test_files_of_others_are_taken_only_once_these_are_dead(spool, tmp_path):
    other = Spool(tmp_path, "here")
    other.append(LINES)
    assert spool.take() is None

    other.close()

    file = spool.take()
    assert len(read(file)) == 2 and not file.is_own
    assert Spool(tmp_path, "here").take() is None
    file.remove()


def test_files_of_another_database_are_left_alone(spool, tmp_path):
    other = Spool(tmp_path, "there")
    other.append(LINES)
    other.close()

    assert spool.take() is None and len(spool_files(tmp_path)) == 1


def test_a_file_that_somebody_deleted_is_made_anew(spool, tmp_path):
    spool.append([b"1"])
    spool_files(tmp_path)[0].unlink()

    spool.append([b"2"])

    assert read(file := spool.take()) == [b"2\n"]
    file.remove()


def test_all_files_together_have_a_size(spool, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "BYTES_MAX", 100)
    other = Spool(tmp_path, "there")
    other.append([b"x" * 60])
    spool.append([b"y" * 30])

    with pytest.raises(SpoolFull):
        spool.append([b"z" * 20])

    assert read(file := spool.take()) == [b"y" * 30 + b"\n"]
    file.remove()
    other.close()


def test_a_link_is_not_followed(spool, tmp_path):
    (tmp_path / "precious").write_bytes(b"1\n")
    (tmp_path / "calls-here-x.jsonl").symlink_to(tmp_path / "precious")

    assert spool.take() is None


# Lines.


def test_a_line_is_the_entry_it_was_made_of():
    entry = entry_of(finished(cost_usd=None, first_chunk_s=None, key_id=0))

    assert entry_from(line_of(entry)) == entry


def test_a_line_of_another_version_keeps_what_both_know():
    line = b'{"call_id":"req_1","began_at":"2026-11-23 12:00:00","mood":"good"}'

    entry = dict(zip(COLUMNS, entry_from(line), strict=True))

    assert entry["call_id"] == "req_1" and entry["cost_usd"] is None
    assert entry["model"] == "" and entry["is_streamed"] is False


def test_a_line_of_a_version_without_canaries_is_a_call_on_no_side():
    entry = dict(zip(COLUMNS, entry_of(finished(canary="candidate")), strict=True))
    assert entry["canary"] == "candidate"
    line = line_of(entry_of(finished())).replace(b',"canary":""', b"")
    assert b"canary" not in line
    assert dict(zip(COLUMNS, entry_from(line), strict=True))["canary"] == ""


NO_CALLS = (
    b"",
    b"\n",
    b"{",
    b"null",
    b"[]",
    b"7",
    b'"req_1"',
    b"{}",
    b"\xff\xfe\x00",
    b'{"call_id": 7, "began_at": "2026-11-23 12:00:00"}',
    b'{"call_id": "req_1"}',
    b'{"call_id": "req_1", "began_at": "yesterday"}',
    b'{"call_id": "req_1", "began_at": "2026-11-23 12:00:00", "status": -1}',
    b'{"call_id": "req_1", "began_at": "2026-11-23 12:00:00", "status": [1]}',
    line_of(entry_of(finished()))[:-9],
)


@pytest.mark.parametrize("line", NO_CALLS)
def test_what_is_no_call_is_refused(line):
    with pytest.raises(ValueError):
        entry_from(line)


# Back into the database.


def test_what_a_dead_process_left_is_put_on_record(calls_database, rows, tmp_path):
    calls = batch(1_700)
    left_behind(tmp_path, *lines_of(calls))
    writer = rows()

    writer.look()

    wait_until(lambda: not spool_files(tmp_path), "the file to go", 15)
    assert on_record() == ids(calls)
    assert writer.spooled == writer.dropped == 0


def test_a_call_that_is_on_record_already_is_there_once(calls_database, rows, tmp_path):
    writer, calls = rows(), batch(60)
    writer.write(calls[:30])
    left_behind(tmp_path, *lines_of(calls))

    writer.look()

    wait_until(lambda: not spool_files(tmp_path), "the file to go")
    assert on_record() == ids(calls)


def test_damaged_lines_are_skipped_counted_and_told_of_in_one_line(
    own_sqlite, rows, tmp_path, lines
):
    first, last = lines_of(calls := batch(2))
    left_behind(tmp_path, first, *NO_CALLS, last)
    writer = rows()

    writer.look()

    wait_until(lambda: not spool_files(tmp_path), "the file to go")
    assert on_record() == ids(calls)
    assert writer.dropped == len(NO_CALLS) + 1  # one of them has a line break
    assert len([line for line in lines() if "damaged" in line]) == 1


def test_a_last_line_that_was_cut_off_costs_no_other(own_sqlite, rows, tmp_path):
    first, last = lines_of(calls := batch(2))
    path = left_behind(tmp_path, first, last)
    os.truncate(path, path.stat().st_size - 20)
    writer = rows()

    writer.look()

    wait_until(lambda: not spool_files(tmp_path), "the file to go")
    assert on_record() == ids(calls[:1]) and writer.dropped == 1


def test_a_disk_without_room_is_told_of_and_used_again_when_it_has_some(
    own_sqlite, rows, tmp_path, lines, measured
):
    folder = tmp_path / "disk"
    folder.mkdir()
    other = sqlite3.connect(tmp_path / "aura.sqlite3", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        with small_disk(folder) as disk:
            writer = rows(folder)
            writer.write(first := batch(1))
            disk.fill()
            for _ in range(3):
                writer.write(batch(500))
            assert (writer.spooled, writer.dropped) == (1, 1_500)
            disk.free()
            writer.write(last := batch(40))
            assert writer.spooled == 41
            other.close()
            wait_until(lambda: writer.spooled == 0, "the calls to be put back")
            writer.close()
    except NoMount as reason:
        pytest.skip(str(reason))
    assert on_record() == ids(first + last)
    told = [line for line in lines() if line.startswith("Not on record")]
    assert len(told) == 1 and "No space left on device" in told[0]
    measured("no room: 1,500 calls counted as lost, one line; room again: 41 on record")


@pytest.mark.fault("D11")
def test_a_full_disk_under_database_and_spool_needs_no_restart(
    migrated_folder, rows, tmp_path, django_db_blocker, lines, measured
):
    folder = tmp_path / "disk"
    folder.mkdir()
    with contextlib.ExitStack() as stack:
        try:
            disk = stack.enter_context(small_disk(folder))
        except NoMount as reason:
            pytest.skip(str(reason))
        (folder / "aura.sqlite3").write_bytes(
            (migrated_folder / "aura.sqlite3").read_bytes()
        )
        stack.enter_context(django_db_blocker.unblock())
        stack.enter_context(own_database("", folder))
        writer = rows(folder)
        writer.write(before := batch(3))
        disk.fill()
        for _ in range(3):
            writer.write(batch(1_000))
        assert writer.dropped > 0
        disk.free()
        kept = writer.spooled
        writer.write(after := batch(3))
        wait_until(lambda: writer.spooled == 0, "all to be well")
        writer.write(last := batch(3))
        assert set(ids(before + after + last)) <= set(on_record())
        assert len(on_record()) >= 9 + kept
        writer.close()
        connection.close()
    assert any("Not on record" in line for line in lines())
    measured("full: calls counted as lost, and one line; freed: on record at once")
