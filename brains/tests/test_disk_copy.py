"""The copy on disk is read back as it was written, or refused with a reason."""

import errno
import hashlib
import os
import signal
import stat
import subprocess
import sys
import time

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from brains import live
from brains.disk_copy import FORMAT, STALE_S, read_copy, write_copy
from brains.errors import CopyUnusable
from tests.server import ROOT

PAYLOAD = {
    "revision": 17,
    "preset": {"name": "\u00c9conomie", "values": {"l1_model": "a/b"}},
    "presets": [],
    "since": None,
}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "last-good-selection.json"


def refusal(path):
    with pytest.raises(CopyUnusable) as refused:
        read_copy(path)
    return str(refused.value)


def put(path, body, **head):
    full = {"format": FORMAT, "sha256": hashlib.sha256(body).hexdigest(), **head}
    path.write_bytes(orjson.dumps(full) + b"\n" + body)


def test_a_copy_is_read_as_it_was_written(path):
    write_copy(path, PAYLOAD)

    assert read_copy(path) == PAYLOAD


def test_a_later_copy_replaces_the_one_before(path):
    write_copy(path, PAYLOAD)
    write_copy(path, {"revision": 18})

    assert read_copy(path) == {"revision": 18}
    assert os.listdir(path.parent) == [path.name]


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda children: (
        st.lists(children, max_size=3)
        | st.dictionaries(
            st.text(st.characters(exclude_categories=["Cs"])), children, max_size=3
        )
    ),
    max_leaves=8,
)


@given(st.dictionaries(st.text("abc\n\x00\u00e9"), json_values, max_size=4))
def test_any_payload_makes_the_round_trip(tmp_path_factory, payload):
    path = tmp_path_factory.getbasetemp() / "any.json"
    write_copy(path, payload)

    assert read_copy(path) == payload


def test_only_its_owner_may_read_a_copy_also_when_the_old_one_was_open(path):
    path.write_bytes(b"old")
    path.chmod(0o666)

    write_copy(path, PAYLOAD)

    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_missing_copy_is_refused(path):
    assert "cannot be read: No such file" in refusal(path)


def test_a_folder_in_its_place_is_refused(path):
    path.mkdir()

    assert "cannot be read: Is a directory" in refusal(path)


@pytest.mark.fault("D13")
def test_a_copy_that_ends_at_any_byte_is_refused(path):
    write_copy(path, PAYLOAD)
    whole = path.read_bytes()

    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        assert "is damaged" in refusal(path)


def test_a_copy_with_any_byte_changed_is_refused_or_the_same(path):
    write_copy(path, PAYLOAD)
    whole = path.read_bytes()

    for place in range(len(whole)):
        changed = bytearray(whole)
        changed[place] ^= 0x01
        path.write_bytes(changed)
        assert refusal(path).startswith(path.name)


@given(st.binary(max_size=200))
def test_whatever_bytes_there_are_reading_never_fails_otherwise(tmp_path_factory, data):
    path = tmp_path_factory.getbasetemp() / "bytes.json"
    path.write_bytes(data)

    assert refusal(path)


@pytest.mark.parametrize(
    "head", [b"", b"[]", b"7", b"null", b'"text"', b"{}", b'{"format":1}', b"[" * 5000]
)
def test_a_head_of_another_shape_is_refused(path, head):
    path.write_bytes(head + b"\n{}")

    assert "damaged" in refusal(path) or "another version" in refusal(path)


@pytest.mark.parametrize("body", [b"[]", b"7", b"null", b'"text"', b"{", b"\xff"])
def test_a_body_that_is_no_mapping_is_refused_also_with_a_right_checksum(path, body):
    put(path, body)

    assert "no copy of ours" in refusal(path)


@pytest.mark.fault("D13")
def test_a_wrong_checksum_is_refused(path):
    put(path, b"{}", sha256="0" * 64)

    assert "its checksum does not match" in refusal(path)


@pytest.mark.fault("D13")
@pytest.mark.parametrize("other", [FORMAT + 1, 0, "1", None])
def test_a_copy_of_another_format_is_refused(path, other):
    put(path, b"{}", format=other)

    assert "written by another version" in refusal(path)


@pytest.mark.fault("D13")
def test_a_copy_of_another_user_is_refused(path, monkeypatch):
    write_copy(path, PAYLOAD)
    owner = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: owner + 1)

    assert "belongs to another user" in refusal(path)


@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_when_writing_fails_the_old_copy_is_intact_and_nothing_is_left(
    path, monkeypatch, call
):
    write_copy(path, PAYLOAD)

    def fail(*args):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, call, fail)
    with pytest.raises(OSError, match="No space left"):
        write_copy(path, {"revision": 18})

    assert read_copy(path) == PAYLOAD
    assert os.listdir(path.parent) == [path.name]


def test_a_folder_that_is_gone_is_an_os_error(path):
    with pytest.raises(FileNotFoundError):
        write_copy(path.parent / "gone" / path.name, PAYLOAD)


KILLED = """
import os, signal, sys
from pathlib import Path
from brains.disk_copy import write_copy
os.replace = lambda *args: os.kill(os.getpid(), signal.SIGKILL)
write_copy(Path(sys.argv[1]), {"revision": 18})
"""


@pytest.fixture
def left(path):
    """What a writer left that was killed before it had replaced the copy of before."""
    write_copy(path, PAYLOAD)
    command = [sys.executable, "-c", KILLED, str(path)]
    killed = subprocess.run(command, cwd=ROOT, timeout=30, check=False)
    assert killed.returncode == -signal.SIGKILL
    (left,) = (p for p in path.parent.iterdir() if p != path)
    return left


def test_what_a_killed_writer_left_is_removed_by_a_later_write(path, left):
    assert read_copy(path) == PAYLOAD
    long_ago = time.time() - STALE_S - 1
    os.utime(left, (long_ago, long_ago))
    (path.parent / "another.json").touch()
    os.utime(path.parent / "another.json", (long_ago, long_ago))

    write_copy(path, {"revision": 19})

    assert read_copy(path) == {"revision": 19}
    assert sorted(os.listdir(path.parent)) == ["another.json", path.name]


def test_what_another_worker_writes_just_now_is_left_alone(path, left):
    write_copy(path, {"revision": 19})

    assert left.exists()


def test_the_new_name_is_on_the_disk_as_the_new_bytes_are(path, monkeypatch):
    synced = []
    fsync = os.fsync

    def note(handle):
        synced.append(stat.S_IFMT(os.fstat(handle).st_mode))
        fsync(handle)

    monkeypatch.setattr(os, "fsync", note)
    write_copy(path, PAYLOAD)

    assert synced == [stat.S_IFREG, stat.S_IFDIR]


def test_a_folder_that_cannot_be_synced_is_no_failure(path, monkeypatch):
    fsync = os.fsync

    def refuse_folders(handle):
        if stat.S_ISDIR(os.fstat(handle).st_mode):
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
        fsync(handle)

    monkeypatch.setattr(os, "fsync", refuse_folders)
    write_copy(path, PAYLOAD)

    assert read_copy(path) == PAYLOAD


def test_a_copy_carries_fallbacks(path):
    values = {"l1_model": "a/b", "l1_fallback": "c/d,e/f"}
    mine = {"name": "Mine", "slug": "mine", "values": values}
    write_copy(path, {"revision": 3, "preset": mine, "presets": [mine]})

    now = live.install(read_copy(path), "disk")

    assert now.selection.fallbacks("l1") == ("c/d", "e/f")
    assert now.presets["mine"].fallbacks("l1") == ("c/d", "e/f")
