"""What `manage.py canary` does and says."""

from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from brains import activation
from brains.activation import Author
from brains.canary import rows as canaries
from brains.tests.records import newest, preset, revisions

pytestmark = pytest.mark.django_db


def said(*words):
    output = StringIO()
    call_command("canary", *words, stdout=output)
    return output.getvalue().strip()


def test_it_goes_from_start_to_promotion(hybrid):
    activation.activate(hybrid, Author("bob"))

    assert said("start", "budget", "--percent", "10") == (
        "Budget now takes 10 % of the calls."
    )
    assert said("status").startswith("Budget takes 10 % of the calls since ")
    assert said("change", "--percent=2.5") == (
        "Budget takes 2.5 % of the calls from now on."
    )
    assert said("promote", "--reason", "as good") == (
        "Budget is live for every call as revision 2, replacing Hybrid."
    )
    assert newest().reason == "as good"
    assert said("status").startswith(
        "No canary runs. The last one: Budget, with 2.5 % of the calls: promoted "
        "(revision 2) by command line"
    )


def test_it_is_aborted():
    said("start", "Budget", "--percent", "10", "--reason", "cheaper")
    canary = canaries.running()
    assert canary is not None
    assert (canary.reason, canary.percent) == ("cheaper", Decimal(10))
    assert said("status").splitlines()[0].endswith(": “cheaper”")
    assert said("abort").startswith("The canary of Budget was aborted")
    assert canaries.running() is None and revisions() == []


def test_what_serves_is_shown_with_the_canary_that_runs():
    said("start", "Budget", "--percent", "10")
    output = StringIO()
    call_command("show_selection", stdout=output)
    assert "Canary: Budget takes 10 % of the calls." in output.getvalue()


def test_before_the_first_there_is_nothing_to_say():
    assert said("status") == "No canary runs."


def test_a_promotion_with_nothing_live_replaces_nothing():
    said("start", "Budget", "--percent", "10")
    assert said("promote") == "Budget is live for every call as revision 1."


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("promote",), "No canary runs"),
        (("abort",), "No canary runs"),
        (("change", "--percent", "5"), "No canary runs"),
        (("start", "nope", "--percent", "5"), "There is no preset 'nope'"),
        (("start", "Budget", "--percent", "x"), "--percent is a number"),
        (("start", "Budget", "--percent", "0"), r"from 0\.5 to 100"),
        (("start", "Budget"), "required: --percent"),
        ((), "required: STEP"),
        (("begin",), "invalid choice"),
    ],
)
def test_what_cannot_be_is_refused_with_a_sentence(words, reason):
    with pytest.raises(CommandError, match=reason):
        said(*words)
    assert canaries.running() is None


def test_a_second_one_is_refused(budget):
    said("start", "Budget", "--percent", "10")
    with pytest.raises(CommandError, match="Budget is tried already"):
        said("start", "Offline", "--percent", "10")
    running = canaries.running()
    assert running is not None and running.preset == preset("Budget")
