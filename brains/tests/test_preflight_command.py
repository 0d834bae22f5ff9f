"""`activate_preset` goes through the check of models as the admin does."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from aura_site import settings as product
from brains import activation
from brains.activation import Author
from brains.models import Activation
from brains.preflight import asking
from brains.tests.checking import EMBEDDING, L2
from brains.tests.records import newest

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("chosen")]


def said(*options):
    output = StringIO()
    call_command("activate_preset", "candidate", *options, stdout=output)
    return output.getvalue()


def test_models_that_answer_are_shown_and_the_preset_is_live(upstream):
    lines = said().splitlines()

    assert lines[0].split()[:4] == ["l1", "test/l1", "answers,", "first"]
    assert lines[1].split()[:4] == ["l2", "test/l2", "answers", "in"]
    assert lines[3].endswith("ms, 1536 numbers")
    assert lines[4] == "Candidate is live as revision 1."
    assert len(upstream.requests) == 8


def test_a_slow_l1_is_said_and_holds_nothing_up(monkeypatch):
    monkeypatch.setattr("brains.preflight.findings.L1_BUDGET_MS", -1)

    assert "L1 is slow" in said()
    assert activation.latest() is not None


@pytest.mark.parametrize(
    ("model", "behaviour", "reason"),
    [
        (L2, {"status": 404}, r"L2 \(test/l2\): OpenRouter answered 404"),
        (L2, {"stall": True}, "did not answer in time"),
        (EMBEDDING, {"dimension": 3}, "vectors of 3 numbers"),
    ],
)
def test_a_model_that_fails_is_refused_with_the_reason_and_the_way_past(
    upstream, monkeypatch, model, behaviour, reason
):
    monkeypatch.setattr(asking, "ANSWER_S", 0.5)
    upstream.script(model, **behaviour)

    with pytest.raises(CommandError, match=f"{reason}.*--force --reason WHY"):
        said()

    assert not Activation.objects.exists()


def test_force_needs_a_reason(upstream):
    with pytest.raises(CommandError, match="--force needs --reason"):
        said("--force", "--reason", "  ")

    assert not Activation.objects.exists()


def test_force_goes_past_the_check_and_the_history_says_so(upstream):
    upstream.script(L2, status=500)

    said("--force", "--reason", "it will be back")

    live_now = newest()
    assert live_now.forced and live_now.reason == "it will be back"
    assert upstream.requests == []


def test_without_the_check_no_model_is_asked(upstream):
    upstream.script(L2, status=500)

    said("--no-check")

    assert upstream.requests == [] and not newest().forced


def test_the_check_can_be_wanted_where_it_is_off(upstream, settings):
    settings.AURA_PREFLIGHT = False
    upstream.script(L2, status=500)

    with pytest.raises(CommandError, match="Nothing was activated"):
        said("--check")
    said()

    assert activation.latest() is not None


def test_what_is_live_already_asks_no_model(chosen, upstream):
    activation.activate(chosen, Author("ann"))

    assert "live already, as revision 1" in said()
    assert upstream.requests == []


def test_the_check_is_on_and_the_lock_off_where_nobody_says_otherwise():
    assert product.AURA_PREFLIGHT is True
    assert product.AURA_EMBEDDING_LOCK is False
