"""Schedules over `/api/`: listed, made, deleted."""

from datetime import UTC, datetime, time
from decimal import Decimal

import pytest
from django.utils import timezone

from brains import activation
from brains.canary import changes as canary_changes
from brains.models import Schedule
from brains.schedules.turns import take_turns
from brains.tests.records import ANN, preset
from brains.tests.scripts import Script, failure

pytestmark = pytest.mark.django_db
NIGHT = {
    "preset": "budget",
    "days": "tue,mon",
    "begins": "22:00",
    "ends": "06:00",
    "time_zone": "Europe/Berlin",
}


NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)
HOURS = {"preset": "budget", "begins": "11:00", "ends": "13:00"}


@pytest.fixture(autouse=True)
def _noon(monkeypatch):
    monkeypatch.setattr(timezone, "now", lambda: NOON)


@pytest.fixture
def script():
    return Script()


def test_one_is_made_listed_and_deleted(script):
    answer = script.post("/api/schedules", NIGHT)

    made = answer.json()
    assert answer.status_code == 201
    assert {name: made[name] for name in (*NIGHT, "enabled", "is_on")} == {
        **NIGHT,
        "days": "mon,tue",
        "enabled": True,
        "is_on": False,
    }
    assert set(made["next"]) == {"begins", "at"} and not made["begins_now"]
    assert made.pop("says") == (
        "Next: Budget begins at 22:00 on Mon 2026-11-30 (Europe/Berlin)."
    )
    row = Schedule.objects.get()
    assert (row.begins, row.ends, row.preset.name) == (time(22), time(6), "Budget")
    assert script.get("/api/schedules").json() == {"schedules": [made]}

    gone = script.delete(f"/api/schedules/{made['id']}")

    assert gone.json() == {"deleted": made, "says": None}
    assert not Schedule.objects.exists()


def test_one_whose_hours_have_begun_says_what_it_does(script, hybrid):
    activation.activate(hybrid, ANN)
    canary_changes.start(preset("Performance"), Decimal(10), ANN)

    made = script.post("/api/schedules", HOURS).json()

    assert made["says"] == (
        "The hours of Budget have begun: it goes live within a minute and until 13:00 on "
        "Thu 2026-11-26 (UTC). The canary of Performance, with 10 % of the calls, ends "
        "with this change."
    )
    assert made["begins_now"] is True
    take_turns(NOON)
    [listed] = script.get("/api/schedules").json()["schedules"]
    assert (listed["begins_now"], listed["is_on"]) == (False, True)
    gone = script.delete(f"/api/schedules/{made['id']}").json()
    assert gone["says"] == "What it made live stays live."


def test_what_is_left_out_is_every_day_in_utc_and_on(script):
    made = script.post(
        "/api/schedules", {"preset": "budget", "begins": "22:00", "ends": "06:00"}
    ).json()

    assert made["days"] == "mon,tue,wed,thu,fri,sat,sun"
    assert (made["time_zone"], made["enabled"]) == ("UTC", True)


def test_one_that_is_switched_off_has_no_next(script):
    made = script.post("/api/schedules", {**NIGHT, "enabled": False}).json()

    assert (made["enabled"], made["next"]) == (False, None)


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("days", "monday", "Name days as in mon,tue"),
        ("time_zone", "Berlin", "Write it as in Europe/Berlin"),
        ("begins", "25:00", "invalid time"),
        ("begins", "soon", "HH:MM"),
        ("ends", None, "`ends`: It is missing"),
        ("ends", 6, "`ends` is text"),
        ("enabled", "maybe", "true or false"),
        ("preset", "", "`preset` is missing"),
        ("hours", "all", "no field 'hours'"),
    ],
)
def test_what_cannot_be_is_refused_with_its_field(script, field, value, words):
    answer = script.post("/api/schedules", {**NIGHT, field: value})

    assert failure(answer) == (422, "invalid")
    assert words in answer.json()["error"]["message"]
    assert not Schedule.objects.exists()


def test_a_preset_that_is_none_is_told(script):
    answer = script.post("/api/schedules", {**NIGHT, "preset": "nope"})

    assert failure(answer) == (404, "preset_not_found")


@pytest.mark.parametrize("pk", ["7", "9" * 30])
def test_a_schedule_that_is_none_is_told(script, pk):
    assert failure(script.delete(f"/api/schedules/{pk}")) == (404, "schedule_not_found")
