"""What `activate_preset --minutes`, `confirm_preset` and `roll_back` do and say."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from brains import activation
from brains.tests.records import ANN, live_models, newest, preset, revisions, trial_end
from brains.tests.status_reader import registry
from brains.wording import exact

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _set_up(settings):
    settings.AURA_PROVIDERS = registry()
    settings.AURA_ENV_RUNG, settings.AURA_DOTENV_RUNG = {}, {}


def said(*command):
    output = StringIO()
    call_command(*command, stdout=output)
    return output.getvalue().splitlines()


def test_a_preset_is_activated_for_some_minutes():
    said("activate_preset", "Default")

    lines = said("activate_preset", "Budget", "--minutes", "5")

    assert lines[0] == "Budget is live as revision 2. It replaces Default."
    assert lines[1] == (
        f"It is on trial until {exact(trial_end())}; then revision 1 (Default) "
        "comes back, unless it is confirmed."
    )
    assert 290 < (trial_end() - newest().created_at).total_seconds() <= 300


def test_show_says_until_when():
    said("activate_preset", "Budget", "--minutes", "5")
    assert f", on trial until {exact(trial_end())} (from" in said("show_selection")[0]


@pytest.mark.parametrize("minutes", ["0", "-1", "x", "1.5", "10081", "9" * 5000])
def test_minutes_that_cannot_be_are_refused(minutes):
    with pytest.raises(CommandError, match=r"--minutes|expected one argument"):
        said("activate_preset", "Budget", f"--minutes={minutes}")
    assert revisions() == []


def test_a_trial_is_confirmed():
    said("activate_preset", "Budget", "--minutes", "5")

    lines = said("confirm_preset", "--reason", "it is good")

    assert lines == ["Budget stays live, as revision 2."]
    assert revisions()[-1] == (2, "confirm", "Budget")
    assert newest().reason == "it is good"


def test_activating_what_is_on_trial_says_that_it_ends():
    said("activate_preset", "Budget", "--minutes", "5")
    lines = said("activate_preset", "Budget")
    assert lines[0].endswith("nothing was changed.")
    assert lines[1].startswith("It is on trial until ")


def test_only_the_revision_that_was_named_is_confirmed():
    said("activate_preset", "Budget", "--minutes", "5")
    said("activate_preset", "Hybrid", "--minutes", "5")

    lines = said("confirm_preset", "--revision", "1")

    assert lines[0] == "Revision 2 is live on trial: nothing was confirmed."
    assert newest().is_on_trial


def test_without_a_trial_there_is_nothing_to_confirm():
    assert said("confirm_preset") == [
        "Nothing was ever activated: nothing was confirmed."
    ]
    said("activate_preset", "Budget")
    assert said("confirm_preset") == [
        "Revision 1 is live, and not on trial: nothing was confirmed."
    ]


def test_roll_back_makes_a_revision_live_again():
    activation.activate(preset("Budget"), ANN)
    activation.activate(preset("Hybrid"), ANN)

    lines = said("roll_back", "1", "--reason", "too dear")

    assert lines[0] == "Budget, as in revision 1, is live again, as revision 3."
    assert "google/gemma-7b-it" in lines[1]
    assert live_models()[0] == "Budget"
    assert newest().reason == "too dear"


def test_roll_back_to_no_preset_says_so():
    activation.activate(preset("Budget"), ANN)
    activation.deactivate(ANN)
    activation.activate(preset("Budget"), ANN)
    assert said("roll_back", "2")[0].startswith("No preset, as in revision 2, is live")


def test_roll_back_to_what_is_live_changes_nothing():
    activation.activate(preset("Budget"), ANN)
    assert said("roll_back", "1")[0] == (
        "What revision 1 had is live already, as revision 1: nothing was changed."
    )
    assert len(revisions()) == 1


@pytest.mark.parametrize("revision", ["7", "9" * 30])
def test_roll_back_to_an_unknown_revision_is_refused(revision):
    with pytest.raises(CommandError, match="There is no revision"):
        said("roll_back", revision)
