"""A schedule begins once the models of its preset have answered; else it is left out, says why,
and is tried again at its next begin."""

from datetime import UTC, datetime, time, timedelta

import pytest
from django.urls import reverse

from brains import activation
from brains.models import Schedule
from brains.preflight import gate
from brains.schedules.turns import take_turns
from brains.tests.checking import L2, candidate
from brains.tests.records import ANN, newest, preset, revisions
from brains.tests.scripts import Script
from brains.tests.status_reader import registry

pytestmark = pytest.mark.django_db

NIGHT = datetime(2026, 11, 26, 23, tzinfo=UTC)
MORNING = datetime(2026, 11, 27, 7, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def night(settings, upstream):
    """The candidate from 22:00 to 06:00, while Hybrid is live."""
    settings.AURA_PREFLIGHT = True
    settings.AURA_PROVIDERS = registry(url=upstream.url)
    settings.AURA_ENV_RUNG, settings.AURA_DOTENV_RUNG = {}, {}
    activation.activate(preset("Hybrid"), ANN)
    return Schedule.objects.create(preset=candidate(), begins=time(22), ends=time(6))


def kept():
    return Schedule.objects.get()


def test_models_that_answer_are_made_live_and_asked_once(upstream):
    for minutes in range(3):
        assert take_turns(NIGHT + minutes * MINUTE) == []

    assert newest().preset_name == "Candidate" and len(upstream.requests) == 8
    assert kept().left_out == "" and not newest().forced


def test_one_whose_model_fails_is_left_out_once_with_the_reason(night, upstream):
    upstream.script(L2, status=404)

    assert take_turns(NIGHT) == [night]
    asked = len(upstream.requests)
    assert take_turns(NIGHT + MINUTE) == [] and len(upstream.requests) == asked

    assert revisions() == [(1, "activate", "Hybrid")]
    assert "L2 (test/l2): OpenRouter answered 404" in kept().left_out
    take_turns(MORNING)
    assert revisions() == [(1, "activate", "Hybrid")]
    assert "answered 404" in kept().left_out  # said until it begins


def test_it_is_tried_again_at_its_next_begin(upstream):
    upstream.script(L2, status=404)
    take_turns(NIGHT)
    take_turns(MORNING)
    upstream.script(L2)

    assert take_turns(NIGHT + timedelta(days=1)) == []

    assert newest().preset_name == "Candidate" and kept().left_out == ""


def test_one_before_it_ends_all_the_same(night, hybrid, upstream):
    upstream.script(L2, status=404)
    Schedule.objects.create(preset=preset("Budget"), begins=time(20), ends=time(22))
    activation.activate(hybrid, ANN)
    budget = Schedule.objects.get(preset__slug="budget")
    was = activation.activate(preset("Budget"), ANN).activation
    assert was is not None
    Schedule.objects.filter(pk=budget.pk).update(began_as=was.revision, returns_to=1)

    assert take_turns(NIGHT) == [night]

    assert newest().preset_name == "Hybrid" and newest().action == "roll_back"


def test_where_the_check_is_off_nobody_is_asked(settings, upstream):
    settings.AURA_PREFLIGHT = False

    take_turns(NIGHT)

    assert newest().preset_name == "Candidate" and upstream.requests == []


def test_what_was_edited_while_its_models_were_asked_waits_for_the_next_look(
    night, monkeypatch, upstream
):
    admit = gate.admit

    def edit(selection):
        monkeypatch.setattr("brains.preflight.gate.admit", admit)
        night.preset.l1_model = "test/other"
        activation.save_preset(night.preset, ANN)

    monkeypatch.setattr("brains.preflight.gate.admit", edit)

    assert take_turns(NIGHT) == [] and newest().preset_name == "Hybrid"
    assert kept().began_as is None
    take_turns(NIGHT + MINUTE)
    assert newest().preset_name == "Candidate"
    assert "test/other" in {request.model for request in upstream.requests}


def test_the_lock_of_embeddings_leaves_it_out_too(settings, night):
    settings.AURA_PREFLIGHT, settings.AURA_EMBEDDING_LOCK = False, True

    assert take_turns(NIGHT) == [night]
    assert "AURA_EMBEDDING_LOCK" in kept().left_out


@pytest.fixture
def left_out(night, upstream):
    upstream.script(L2, status=404)
    take_turns(NIGHT)


def test_the_list_says_why(left_out, admin_client):
    page = admin_client.get(reverse("admin:brains_schedule_changelist"))

    text = page.content.decode()
    assert "left out" in text and "OpenRouter answered 404" in text


def test_the_status_page_says_it_and_why_to_staff(left_out, admin_client, client):
    url = reverse("status")

    for_all, for_staff = (c.get(url).content.decode() for c in (client, admin_client))

    assert "was left out the last time" in for_all
    assert "answered 404" not in for_all and "answered 404" in for_staff


def test_scripts_are_told_too(left_out):
    [told] = Script().get("/api/schedules").json()["schedules"]

    assert told["is_on"] is False and "answered 404" in told["left_out"]
