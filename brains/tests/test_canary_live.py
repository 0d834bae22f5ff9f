"""The canary reaches every worker with the rest of what is live, and the copy on disk; a copy
of a version without canaries loads as before."""

import logging
from dataclasses import asdict
from decimal import Decimal

import pytest

from brains import activation, live
from brains.canary import changes as canary_changes
from brains.disk_copy import copy_path, read_copy, write_copy
from brains.tests.records import ANN, preset
from brains.tests.test_live import payload
from brains.tests.test_live import preset as fields
from tests.waiting import wait_until

CANARY = {
    "preset": fields("Next", l1_model="next/one"),
    "percent": "12.5",
    "salt": "0123456789abcdef",
    "since": "2026-01-02T03:04:05+00:00",
    "by": "ann",
}


def tried():
    canary = live.current().canary
    return canary and (canary.candidate.preset, canary.percent)


def test_a_canary_is_installed_beside_what_is_live():
    now = live.install(payload(canary=CANARY), "database")
    assert now.selection.preset == "Mine"
    assert now.canary is not None
    assert now.canary.candidate.choice("l1").value == "next/one"
    assert now.canary.candidate.revision == 7
    assert now.canary.percent == Decimal("12.5")
    assert now.canary.splits_vectors


def test_a_candidate_with_another_embedding_leaves_vectors_alone():
    other = fields("Next", embedding_dimension="384")
    canary = live.install(payload(canary={**CANARY, "preset": other}), "disk").canary
    assert canary is not None and not canary.splits_vectors


@pytest.mark.parametrize("old", [payload(), payload(canary=None)], ids=["old", "none"])
def test_what_has_no_canary_loads_with_none(old):
    assert live.install(old, "disk").canary is None


@pytest.mark.parametrize(
    "bad",
    [
        {"percent": "0"},
        {"percent": None},
        {"percent": "a"},
        {"since": None},
        {"since": "soon"},
        {"preset": None},
        {"preset": {"name": 1}},
    ],
)
def test_a_canary_of_another_shape_is_refused_and_leaves_all_as_it_was(bad):
    before = live.install(payload(), "database")
    with pytest.raises((KeyError, TypeError, ValueError)):
        live.install(payload(canary={**CANARY, **bad}), "disk")
    assert live.current() is before


def test_its_begin_and_end_are_logged_once(caplog):
    caplog.set_level(logging.INFO, logger="brains")
    live.install(payload(), "database")
    caplog.clear()
    for canary in (CANARY, CANARY, None, None):
        live.install(payload(canary=canary), "database")
    begin, end = caplog.messages
    assert begin == "Canary: preset=Next percent=12.5 % revision=7"
    assert end.startswith("No canary runs any more")


def test_a_watcher_takes_it_up_and_lets_it_go(watch):
    watch()
    canary_changes.start(preset("Budget"), Decimal(10), ANN)
    wait_until(lambda: tried() == ("Budget", 10), "the canary")
    canary_changes.change(Decimal(20), ANN)
    wait_until(lambda: tried() == ("Budget", 20), "another share")
    activation.promote_canary(ANN)
    wait_until(lambda: live.current().selection.preset == "Budget", "its promotion")
    assert tried() is None


def test_it_outlives_a_start_without_the_database(watch, database):
    canary_changes.start(preset("Budget"), Decimal(10), ANN)
    watch().stop()
    live.forget()
    database.fail()
    watch()
    assert live.current().loaded_from == "disk"
    assert tried() == ("Budget", 10)


def test_a_copy_of_a_version_without_canaries_still_serves(watch, database, tmp_path):
    old = live.read()
    del old["canary"]
    old |= {"revision": 3, "preset": asdict(preset("Budget").snapshot())}
    path = copy_path(tmp_path, "selection")
    write_copy(path, old)
    assert "canary" not in read_copy(path)
    database.fail()
    watch()
    now = live.current()
    assert (now.loaded_from, now.selection.preset) == ("disk", "Budget")
    assert now.canary is None
