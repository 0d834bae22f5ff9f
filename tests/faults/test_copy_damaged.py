"""A worker starts without its database, and a copy on disk is damaged in any way: that copy
is ignored with a line in the log, and the other one serves."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from brains import activation, live
from brains.disk_copy import copy_path
from brains.tests.records import ANN, preset
from brains.watcher import SelectionPart, Watcher
from gateway.keys import RING, KeyPart, keep, new_key
from gateway.models import ApiKey
from tests.waiting import wait_until

NAMES = ("selection", "keys")


@pytest.fixture
def copies(database, watch, tmp_path):
    """The copies that a worker left, whole; the database is away."""
    key = new_key()
    keep(ApiKey(name="tests"), key)
    activation.activate(preset("Budget"), ANN)
    paths = {name: copy_path(tmp_path, name) for name in NAMES}
    watch(SelectionPart(), KeyPart())
    wait_until(lambda: all(path.exists() for path in paths.values()), "the copies")
    database.fail()
    return key, {path: path.read_bytes() for path in paths.values()}


def damaged(data):
    """Every cut of a copy, and every change of one of its bytes."""
    places = st.integers(0, len(data) - 1)
    cut = places.map(lambda place: data[:place])
    flips = st.tuples(places, st.integers(1, 255))
    flipped = flips.map(
        lambda f: data[: f[0]] + bytes([data[f[0]] ^ f[1]]) + data[f[0] + 1 :]
    )
    return cut | flipped


def start_over(key, tmp_path, caplog):
    """Start as a new worker does; return the preset, and whether the key is taken."""
    live.forget()
    RING.replace({})
    caplog.clear()
    worker = Watcher([SelectionPart(), KeyPart()], tmp_path)
    worker.start()
    worker.stop()
    assert not [r for r in caplog.records if r.levelname == "ERROR"]
    return live.current().selection.preset, RING.find(key) is not None


@pytest.mark.fault("D13")
def test_a_copy_that_is_damaged_anywhere_is_ignored_and_the_other_serves(
    copies, tmp_path, caplog, measured
):
    key, whole = copies
    selection, keys = whole
    seen = 0
    assert start_over(key, tmp_path, caplog) == ("Budget", True)

    @settings(max_examples=50, database=None)
    @given(st.data())
    def check(data):
        nonlocal seen
        hurt = data.draw(st.sampled_from([selection, keys]))
        hurt.write_bytes(data.draw(damaged(whole[hurt])))
        served = start_over(key, tmp_path, caplog)
        hurt.write_bytes(whole[hurt])
        assert served == ((None, True) if hurt is selection else ("Budget", False))
        assert "no usable copy on disk" in caplog.text
        seen += 1

    check()
    measured(f"{seen} damages at random")
