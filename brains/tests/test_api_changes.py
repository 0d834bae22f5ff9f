"""What is live, changed and told over `/api/`."""

from datetime import timedelta

import pytest
from django.db import OperationalError
from django.utils import timezone

from brains import activation
from brains.activation import Author
from brains.health import explained
from brains.live import peek
from brains.models import Activation
from brains.tests.records import newest, preset
from brains.tests.scripts import Script, failure
from brains.tests.status_reader import activated

pytestmark = pytest.mark.django_db


@pytest.fixture
def script():
    return Script()


@pytest.mark.parametrize("name", ["Budget", "budget", "BUDGET"])
def test_a_preset_is_activated_by_name_or_slug(script, name):
    answer = script.post("/api/activate", {"preset": name, "reason": "night costs"})

    assert answer.json() == {
        "changed": True,
        "revision": 1,
        "preset": "Budget",
        "confirm_by": None,
        "replaced": None,
        "ended_canary": None,
    }
    assert newest().reason == "night costs"


def test_it_is_told_what_was_replaced(script):
    activated("Budget")

    shown = script.post("/api/activate", {"preset": "hybrid"}).json()

    assert shown["replaced"] == {"revision": 1, "preset": "Budget"}


def test_activating_what_is_live_changes_nothing(script):
    activated("Budget")

    shown = script.post("/api/activate", {"preset": "budget"}).json()

    assert (shown["changed"], shown["revision"], shown["replaced"]) == (False, 1, None)
    assert Activation.objects.count() == 1


def test_with_minutes_it_is_on_trial(script):
    before = timezone.now()

    shown = script.post("/api/activate", {"preset": "budget", "minutes": 30}).json()

    confirm_by = newest().confirm_by
    assert confirm_by and shown["confirm_by"] == confirm_by.isoformat()
    assert timedelta(minutes=29) < confirm_by - before < timedelta(minutes=31)


@pytest.mark.parametrize("body", [{}, {"revision": 1}])
def test_a_trial_is_confirmed(script, body):
    script.post("/api/activate", {"preset": "budget", "minutes": 30})

    shown = script.post("/api/confirm", body).json()

    assert shown["changed"] is True and shown["confirm_by"] is None
    assert newest().action == "confirm"


def test_another_revision_than_was_meant_is_not_confirmed(script):
    script.post("/api/activate", {"preset": "budget", "minutes": 30})
    script.post("/api/activate", {"preset": "hybrid", "minutes": 30})

    answer = script.post("/api/confirm", {"revision": 1})

    assert failure(answer) == (409, "revision_not_live")
    assert "Revision 1 is not live: 2 is." in answer.json()["error"]["message"]
    assert newest().is_on_trial


@pytest.mark.parametrize("kind", ["", "application/json"])
def test_a_change_without_a_body_needs_none(script, kind):
    body = "{}" if kind else None

    answer = script.ask("POST", "/api/confirm", body, kind)

    assert answer.json()["changed"] is False
    assert script.ask("POST", "/api/deactivate", body, kind).status_code == 200


def test_no_preset_is_live_after_deactivating(script):
    activated("Budget")

    shown = script.post("/api/deactivate", {"reason": "back"}).json()

    assert (shown["changed"], shown["revision"], shown["preset"]) == (True, 2, None)
    assert newest().reason == "back"


def test_deactivating_twice_changes_nothing(script):
    shown = script.post("/api/deactivate").json()

    assert (shown["changed"], shown["revision"]) == (False, 0)


def test_a_revision_comes_back(script):
    activated("Budget")
    activated("Hybrid")

    shown = script.post("/api/roll-back", {"revision": 1, "reason": "slow"}).json()

    assert (shown["revision"], shown["preset"]) == (3, "Budget")
    assert (newest().restores, newest().reason) == (1, "slow")


def test_a_revision_that_is_none_is_told(script):
    answer = script.post("/api/roll-back", {"revision": 7})

    assert failure(answer) == (404, "revision_not_found")


def test_a_preset_that_is_none_is_told_which_there_are(script):
    answer = script.post("/api/activate", {"preset": "<nope>\u202e"[:6]})

    assert failure(answer) == (404, "preset_not_found")
    assert "Budget, Default" in answer.json()["error"]["message"]


def test_an_edited_preset_is_not_activated_unseen(script):
    seen = script.get("/api/presets/budget").json()["updated_at"]
    row = preset("Budget")
    row.save()

    answer = script.post("/api/activate", {"preset": "budget", "updated_at": seen})

    assert failure(answer) == (409, "preset_changed")
    assert not Activation.objects.exists()


@pytest.mark.parametrize(
    ("door", "body"),
    [
        ("activate", {}),
        ("activate", {"preset": ""}),
        ("activate", {"preset": 5}),
        ("activate", {"preset": "x" * 201}),
        ("activate", {"preset": "bud\u0000get"}),
        ("activate", {"preset": "budget", "reason": "x" * 501}),
        ("activate", {"preset": "budget", "reason": "a\u001bb"}),
        ("activate", {"preset": "budget", "minutes": 0}),
        ("activate", {"preset": "budget", "minutes": -5}),
        ("activate", {"preset": "budget", "minutes": 1.5}),
        ("activate", {"preset": "budget", "minutes": "30"}),
        ("activate", {"preset": "budget", "minutes": True}),
        ("activate", {"preset": "budget", "minutes": 10_081}),
        ("activate", {"preset": "budget", "force": True}),
        ("deactivate", {"preset": "budget"}),
        ("confirm", {"revision": "1"}),
        ("confirm", {"revision": 2**31}),
        ("roll-back", {}),
        ("roll-back", {"revision": 0}),
        ("roll-back", {"revision": 10**30}),
    ],
)
def test_a_field_that_cannot_be_changes_nothing(script, door, body):
    activated("Hybrid")

    assert failure(script.post(f"/api/{door}", body)) == (422, "invalid")
    assert Activation.objects.count() == 1


def test_an_unknown_field_is_told_which_there_are(script):
    answer = script.post("/api/activate", {"presets": "budget"})

    message = answer.json()["error"]["message"]
    assert "'presets'" in message and "preset, reason, minutes" in message


def test_the_history_is_newest_first(script):
    activated("Budget")
    activation.deactivate(Author("bob"))

    second, first = script.get("/api/history").json()["revisions"]

    assert (first["revision"], first["action"], first["preset"]) == (
        1,
        "activate",
        "Budget",
    )
    assert (first["by"], first["reason"]) == ("ann", "night costs")
    assert first["resolved"]["l1_model"] == {
        "value": "google/gemma-7b-it",
        "source": "preset",
    }
    assert (second["action"], second["preset"], second["by"]) == (
        "deactivate",
        None,
        "bob",
    )


def test_the_history_has_a_limit(script):
    for name in ("Budget", "Hybrid", "Default"):
        activated(name)

    shown = script.get("/api/history?limit=2").json()["revisions"]

    assert [each["revision"] for each in shown] == [3, 2]


@pytest.mark.parametrize(
    "limit", ["0", "-1", "501", "many", "1e2", "٣", "9" * 5000, ""]
)
def test_a_limit_that_is_none_is_refused(script, limit):
    assert failure(script.get(f"/api/history?limit={limit}")) == (400, "bad_request")


def test_the_selection_is_what_the_command_shows(script):
    activated("Budget")

    shown = script.get("/api/selection").json()

    assert shown == explained(peek())
    assert (shown["preset"], shown["revision"]) == ("Budget", 1)
    assert shown["hidden"]["l1_model"]


@pytest.mark.parametrize(
    ("message", "words"),
    [("database is locked", "held the database"), ("gone", "does not answer")],
)
def test_a_database_that_fails_is_told_in_json(script, monkeypatch, message, words):
    def fail(*args, **kwargs):
        raise OperationalError(message)

    monkeypatch.setattr(activation, "activate", fail)

    answer = script.post("/api/activate", {"preset": "budget"})

    assert failure(answer) == (503, "unavailable") and answer["Retry-After"] == "5"
    assert words in answer.json()["error"]["message"]


def test_a_failure_of_ours_is_told_in_json(script, monkeypatch):
    def fail(*args, **kwargs):
        raise ZeroDivisionError("secret")

    monkeypatch.setattr(activation, "activate", fail)

    answer = script.post("/api/activate", {"preset": "budget"})

    assert failure(answer) == (500, "failed") and b"secret" not in answer.content


@pytest.mark.parametrize("body", [None, {"revision": 2, "reason": "slow"}])
def test_a_trial_is_reverted(script, body):
    activated("Hybrid")
    script.post("/api/activate", {"preset": "budget", "minutes": 30})

    shown = script.post("/api/revert", body).json()

    assert (shown["changed"], shown["revision"], shown["preset"]) == (True, 3, "Hybrid")
    assert newest().restores == 1 and newest().reason == (body or {}).get("reason", "")


def test_what_is_live_for_good_is_not_reverted(script):
    activated("Hybrid")

    assert script.post("/api/revert").json()["changed"] is False
    assert script.post("/api/revert", {"revision": 1}).json()["changed"] is False
    assert failure(script.post("/api/revert", {"revision": 5}))[1] == (
        "revision_not_live"
    )
    assert newest().revision == 1
