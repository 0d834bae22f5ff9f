"""A canary over `/api/`: started, read, given another share, promoted, aborted."""

from decimal import Decimal

import pytest

from brains import activation
from brains.canary import changes as canary_changes
from brains.canary.models import Canary
from brains.errors import NoCanary
from brains.tests.records import newest, preset, revisions
from brains.tests.scripts import Script, failure
from brains.tests.status_reader import activated

pytestmark = pytest.mark.django_db
START = {"preset": "budget", "percent": 10, "reason": "cheaper"}


@pytest.fixture
def script():
    activated("Hybrid")
    return Script()


@pytest.fixture
def canary(script):
    """Return its id, as the answer of its start says it."""
    return script.post("/api/canary", START).json()["canary"]["id"]


def test_it_is_started_and_read(script):
    answer = script.post("/api/canary", START)

    told = answer.json()["canary"]
    assert answer.status_code == 201
    assert (told["preset"], told["slug"], told["percent"]) == ("Budget", "budget", 10.0)
    assert (told["by"], told["reason"]) == ("ann (key ci)", "cheaper")
    shown = script.get("/api/canary").json()
    figures = shown["canary"].pop("figures")
    assert shown["canary"] == told and shown["last"] is None
    assert all(set(f) == {"title", "control", "candidate"} for f in figures)
    assert revisions() == [(1, "activate", "Hybrid")]


def test_without_one_there_is_none(script):
    assert script.get("/api/canary").json() == {"canary": None, "last": None}


def test_its_share_is_changed(script, canary):
    shown = script.patch("/api/canary", {"percent": 25.5, "id": canary}).json()

    assert shown["canary"]["percent"] == 25.5
    assert Canary.objects.get().percent == Decimal("25.5")


def test_it_is_promoted(script, canary):
    shown = script.post("/api/canary/promote", {"id": canary, "reason": "good"}).json()

    assert (shown["revision"], shown["preset"]) == (2, "Budget")
    assert (newest().reason, newest().by_name) == ("good", "ann (key ci)")
    last = script.get("/api/canary").json()["last"]
    assert (last["ended"]["how"], last["ended"]["revision"]) == ("promoted", 2)


def test_it_is_aborted(script, canary):
    shown = script.post("/api/canary/abort").json()

    assert shown["canary"]["ended"]["how"] == "aborted"
    assert script.get("/api/canary").json()["canary"] is None
    assert revisions() == [(1, "activate", "Hybrid")]


def test_one_runs_at_most(script, canary):
    answer = script.post("/api/canary", {"preset": "default", "percent": 1})

    assert failure(answer) == (409, "canary_runs")
    assert "Budget is tried already" in answer.json()["error"]["message"]


@pytest.mark.parametrize("door", ["promote", "abort"])
def test_another_one_than_was_meant_stays(script, canary, door):
    answer = script.post(f"/api/canary/{door}", {"id": canary + 1})

    assert failure(answer) == (409, "no_canary")
    assert Canary.objects.get().how == ""


def test_what_does_not_run_is_not_changed(script):
    for answer in (
        script.patch("/api/canary", {"percent": 5}),
        script.post("/api/canary/promote"),
        script.post("/api/canary/abort"),
    ):
        assert failure(answer) == (409, "no_canary")
    with pytest.raises(NoCanary):
        canary_changes.abort(activation.Author("ann"))


def test_what_is_live_is_no_candidate(script):
    answer = script.post("/api/canary", {"preset": "hybrid", "percent": 5})

    assert failure(answer) == (422, "canary_refused")


def test_a_preset_that_was_edited_since_is_not_tried(script):
    seen = script.get("/api/presets/budget").json()["updated_at"]
    preset("Budget").save()

    answer = script.post("/api/canary", {**START, "updated_at": seen})

    assert failure(answer) == (409, "preset_changed")
    assert not Canary.objects.exists()


@pytest.mark.parametrize(
    ("percent", "code"),
    [
        (0, "canary_refused"),
        (100.5, "canary_refused"),
        (2.25, "canary_refused"),
        (10**30, "canary_refused"),
        ("10", "invalid"),
        (True, "invalid"),
        (None, "invalid"),
    ],
)
def test_a_percentage_that_is_none_is_refused(script, percent, code):
    answer = script.post("/api/canary", {**START, "percent": percent})

    assert failure(answer) == (422, code)
    assert not Canary.objects.exists()


def test_a_number_too_large_for_a_float_is_refused(script):
    text = '{"preset": "budget", "percent": 1e999}'

    answer = script.ask("POST", "/api/canary", text)

    assert failure(answer) == (422, "canary_refused")
