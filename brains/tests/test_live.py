"""The live selection of a process: replaced whole or not at all, and told in the log."""

import logging
import threading
from datetime import datetime

import pytest

from brains import activation, live
from brains.activation import Author
from brains.layers import FIELDS
from brains.models import ModelPreset

BLANK = dict.fromkeys(FIELDS, "")


def preset(name="Mine", **values):
    return {"name": name, "slug": name.lower(), "values": {**BLANK, **values}}


def payload(**changes):
    mine = preset(l1_model="mine/one")
    return {
        "revision": 7,
        "preset": mine,
        "since": "2026-01-02T03:04:05+00:00",
        "by": "ann",
        "reason": "cheaper",
        "presets": [mine, preset("Other", l3_model="other/three")],
        **changes,
    }


@pytest.fixture
def lines(caplog):
    """Return the log lines of this room so far."""
    caplog.set_level(logging.INFO, logger="brains")
    return lambda: caplog.messages


def test_what_is_installed_is_live():
    installed = live.install(payload(), "database")

    now = live.current()
    assert now is installed
    assert (now.selection.revision, now.selection.preset) == (7, "Mine")
    assert now.selection.choice("l1").value == "mine/one"
    assert (now.loaded_from, now.by, now.reason) == ("database", "ann", "cheaper")
    assert now.since == datetime.fromisoformat("2026-01-02T03:04:05+00:00")


def test_each_preset_is_resolved_by_its_slug_on_the_live_revision():
    presets = live.install(payload(), "database").presets

    assert set(presets) == {"mine", "other"}
    assert presets["other"].choice("l3").value == "other/three"
    assert {selection.revision for selection in presets.values()} == {7}


def test_what_is_installed_replaces_all_that_was_before():
    live.install(payload(), "database")

    live.install({"revision": 8, "preset": None, "since": None, "presets": []}, "disk")

    now = live.current()
    assert (now.selection.revision, now.selection.preset) == (8, None)
    assert (now.presets, now.since, now.by, now.reason) == ({}, None, "", "")
    assert now.loaded_from == "disk"


def test_what_a_request_took_stays_as_it_was():
    taken = live.install(payload(), "database")

    live.install(payload(revision=8, preset=preset("Other")), "database")

    assert (taken.selection.revision, taken.selection.preset) == (7, "Mine")


BAD = {
    "nothing": {},
    "no revision": {"presets": []},
    "no presets": {"revision": 7},
    "revision of another type": payload(revision=None),
    "revision that is a word": payload(revision="new"),
    "preset that is a word": payload(preset="Mine"),
    "preset that is a list": payload(preset=["Mine"]),
    "preset without values": payload(preset={"name": "Mine", "slug": "mine"}),
    "preset with more than we know": payload(preset={**preset(), "speed": "high"}),
    "no mapping of values": payload(preset={**preset(), "values": None}),
    "values that are a list": payload(preset={**preset(), "values": ["a/b"]}),
    "value that is a number": payload(preset=preset(embedding_dimension=384)),
    "value that is nothing": payload(preset=preset(l1_model=None)),
    "name that is a number": payload(preset={**preset(), "name": 7}),
    "slug that is a list": payload(presets=[{**preset(), "slug": ["mine"]}]),
    "presets that are a number": payload(presets=7),
    "presets that are words": payload(presets=["mine"]),
    "second preset is bad": payload(presets=[preset(), {}]),
    "time that is no time": payload(since="yesterday"),
    "time that is a number": payload(since=7),
}


@pytest.mark.parametrize("bad", BAD.values(), ids=BAD)
def test_a_bad_payload_is_refused_and_leaves_all_as_it_was(bad, lines):
    before = live.install(payload(), "database")
    so_far = lines()

    with pytest.raises((KeyError, TypeError, ValueError)):
        live.install(bad, "disk")

    assert live.current() is before
    assert lines() == so_far


def test_before_anything_was_loaded_the_environment_serves(settings):
    settings.AURA_ENV_RUNG = {"AURA_L1_MODEL": "env/one"}

    now = live.current()

    assert (now.loaded_from, now.since, now.presets) == ("environment", None, {})
    assert now.selection.choice("l1").value == "env/one"
    assert (now.selection.revision, now.selection.preset) == (0, None)
    assert live.current() is now


def test_before_anything_was_loaded_the_dotenv_file_serves(settings):
    settings.AURA_DOTENV_RUNG = {"AURA_L1_MODEL": "dotenv/one"}

    assert live.current().loaded_from == "environment"


def test_with_nothing_set_at_all_the_built_in_defaults_serve():
    now = live.current()

    assert now.loaded_from == "default"
    assert now.selection.choice("l1").value == "mistralai/mistral-7b-instruct"


class SlowRung(dict[str, str]):
    """An environment whose first reader is held until a second one is there."""

    def __init__(self):
        super().__init__()
        self.entered = threading.Event()
        self.passed = threading.Event()

    def get(self, name, default=None):
        if not self.entered.is_set():
            self.entered.set()
            self.passed.wait(0.2)
        return default


def test_a_reader_that_comes_first_does_not_undo_what_is_loaded_meanwhile(settings):
    settings.AURA_ENV_RUNG = rung = SlowRung()
    reader = threading.Thread(target=live.current)
    reader.start()
    assert rung.entered.wait(5)

    loaded = live.install(payload(), "database")
    rung.passed.set()
    reader.join(5)

    assert live.current() is loaded


def test_what_was_forgotten_is_not_live():
    live.install(payload(), "database")

    live.forget()

    assert live.current().selection.revision == 0


# The log.


def test_each_layer_has_a_line_that_begins_with_using_model(lines):
    live.install(payload(), "database")

    assert lines() == [
        "Using model: mine/one layer=l1 source=preset:Mine revision=7",
        "Using model: anthropic/claude-3.5-sonnet layer=l2 source=default revision=7",
        "Using model: deepseek/deepseek-chat layer=l3 source=default revision=7",
        "Using model: openai/text-embedding-3-small layer=embedding source=default "
        "revision=7",
    ]


def test_a_swap_is_logged_and_what_stays_the_same_is_not(lines):
    live.install(payload(), "database")
    live.install(payload(), "database")
    assert len(lines()) == 4

    live.install(payload(revision=8), "database")
    assert len(lines()) == 8
    assert all(line.startswith("Using model: ") for line in lines())


def test_the_first_reader_of_a_process_is_logged_once(lines):
    live.current()
    live.current()

    assert len(lines()) == 4


# The database.


@pytest.mark.django_db
def test_a_database_where_nothing_was_ever_activated_gives_revision_0():
    now = live.load()

    assert (now.selection.revision, now.selection.preset) == (0, None)
    assert (now.loaded_from, now.since, now.by) == ("database", None, "")
    assert set(now.presets) == {
        "default",
        "budget",
        "performance",
        "all-deepseek",
        "hybrid",
        "offline",
    }


@pytest.mark.django_db
def test_a_look_at_the_database_leaves_this_process_as_it_is(lines):
    before = live.install(payload(), "database")
    so_far = lines()

    assert live.peek().selection.revision == 0

    assert live.current() is before
    assert lines() == so_far


@pytest.mark.django_db
def test_what_was_activated_is_loaded_with_who_when_and_why():
    budget = ModelPreset.objects.get(name="Budget")
    row = activation.activate(budget, Author("ann", reason="cheaper")).activation

    now = live.load()

    assert (now.selection.revision, now.selection.preset) == (1, "Budget")
    assert (now.selection.preset_slug, now.by, now.reason) == (
        "budget",
        "ann",
        "cheaper",
    )
    assert row is not None
    assert now.since == row.created_at
    assert now.presets["offline"].dimension == 384
