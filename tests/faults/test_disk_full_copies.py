"""The disk of the last good copies is full while the database goes on elsewhere: a change is
served, no copy is half written, and that of the keys is not trusted."""

import pytest

from brains.disk_copy import copy_path, read_copy
from brains.tests.watching import change_elsewhere, serves
from brains.watcher import SelectionPart
from gateway.keys import KeyPart
from tests.waiting import wait_until


@pytest.mark.fault("D11")
def test_a_copy_that_finds_no_room_is_written_once_there_is(
    database, disk, watch, warnings, measured
):
    selection, keys = (copy_path(disk.folder, name) for name in ("selection", "keys"))
    change_elsewhere("Budget")
    watch(SelectionPart(), KeyPart(), folder=disk.folder)
    wait_until(keys.exists, "the copies")
    assert read_copy(selection)["revision"] == 1

    disk.fill()
    change_elsewhere("Hybrid")
    wait_until(lambda: serves("Hybrid"), "the change to be served")
    wait_until(lambda: len(warnings()) == 2, "the warnings")

    # Whole, whichever they are: the keys' copy goes (a key revoked since would come back to
    # life), which makes room, so either may be a new one by now.
    assert read_copy(selection)["revision"] in (1, 2)
    assert not keys.exists() or read_copy(keys)["keys"] == []
    assert all("No space left" in line and "Free space" in line for line in warnings())
    disk.free()
    wait_until(keys.exists, "the copies to be written again")
    wait_until(lambda: read_copy(selection)["revision"] == 2, "the new selection")
    measured(
        "the copies: never half written, and written anew as soon as there is room"
    )
