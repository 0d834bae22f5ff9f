"""A change on trial ends by itself, unless somebody confirms it."""

from datetime import timedelta

import pytest
from django.utils import timezone

from brains import activation, live
from brains.tests.records import ANN, live_models, newest, preset, revisions
from brains.tests.watching import serves
from tests.waiting import wait_until

pytestmark = pytest.mark.django_db

MINUTES = timedelta(minutes=5)
BOB = activation.Author("bob")


def later(minutes=6):
    return timezone.now() + timedelta(minutes=minutes)


def test_a_trial_that_nobody_confirms_goes_back(budget, hybrid):
    activation.activate(budget, ANN)
    activation.activate(hybrid, BOB, trial=MINUTES)
    assert newest().is_on_trial
    assert live_models()[0] == "Hybrid"

    outcome = activation.end_trial(later())

    assert outcome.changed
    assert revisions()[-1] == (3, "auto_revert", "Budget")
    assert live_models() == ("Budget", "google/gemma-7b-it")
    row = newest()
    assert (row.restores, row.is_on_trial, row.by_name) == (1, False, "Aura")
    assert row.reason == "Nobody confirmed revision 2 in time."


def test_nothing_ends_before_its_time(budget):
    activation.activate(budget, ANN, trial=MINUTES)
    assert not activation.end_trial().changed
    assert not activation.end_trial(later(4)).changed
    assert live_models()[0] == "Budget"


def test_a_confirmed_trial_stays(budget):
    activation.activate(budget, ANN, trial=MINUTES)
    outcome = activation.confirm(BOB)
    assert outcome.changed
    assert not activation.end_trial(later()).changed
    assert revisions() == [(1, "activate", "Budget"), (2, "confirm", "Budget")]
    assert live_models()[0] == "Budget"


def test_confirming_what_is_not_on_trial_changes_nothing(budget):
    assert not activation.confirm(ANN).changed
    activation.activate(budget, ANN)
    assert not activation.confirm(ANN).changed


def test_another_revision_than_the_one_that_was_meant_is_not_confirmed(budget, hybrid):
    activation.activate(budget, ANN, trial=MINUTES)
    activation.activate(hybrid, ANN, trial=MINUTES)
    assert not activation.confirm(BOB, revision=1).changed
    assert newest().is_on_trial
    assert activation.confirm(BOB, revision=2).changed


def test_a_trial_is_reverted_before_its_time(budget, hybrid):
    activation.activate(budget, ANN)
    activation.activate(hybrid, ANN, trial=MINUTES)
    assert activation.revert(BOB, revision=2).changed
    assert revisions()[-1] == (3, "roll_back", "Budget")
    assert (newest().restores, newest().by_name) == (1, "bob")


def test_only_the_trial_that_was_meant_is_reverted(budget, hybrid):
    assert not activation.revert(BOB, revision=1).changed
    activation.activate(budget, ANN, trial=MINUTES)
    activation.activate(hybrid, ANN, trial=MINUTES)
    assert not activation.revert(BOB, revision=1).changed
    activation.confirm(ANN)
    assert not activation.revert(BOB, revision=3).changed
    assert live_models()[0] == "Hybrid"


def test_the_first_change_of_all_goes_back_to_no_preset(budget):
    activation.activate(budget, ANN, trial=MINUTES)
    activation.end_trial(later())
    assert revisions()[-1] == (2, "auto_revert", None)
    assert live_models()[0] is None


def test_it_goes_back_to_no_preset_where_none_was_live(budget, hybrid):
    activation.activate(budget, ANN)
    activation.deactivate(ANN)
    activation.activate(hybrid, ANN, trial=MINUTES)
    activation.end_trial(later())
    assert revisions()[-1] == (4, "auto_revert", None)
    assert newest().restores == 2


def test_a_trial_after_a_trial_goes_back_to_what_was_for_good(budget, hybrid):
    activation.activate(budget, ANN)
    activation.activate(preset("Performance"), ANN, trial=MINUTES)
    activation.activate(hybrid, ANN, trial=MINUTES)
    activation.end_trial(later())
    assert newest().restores == 1


def test_an_edit_of_what_is_on_trial_stays_on_trial(budget, hybrid):
    activation.activate(budget, ANN)
    activation.activate(hybrid, ANN, trial=MINUTES)
    ends_at = newest().confirm_by
    hybrid.l1_model = "new/model"
    activation.save_preset(hybrid, ANN)
    assert (newest().action, newest().confirm_by) == ("edit", ends_at)
    activation.end_trial(later())
    assert live_models()[0] == "Budget"


def test_another_change_ends_the_trial(budget, hybrid):
    activation.activate(budget, ANN, trial=MINUTES)
    activation.activate(hybrid, ANN)
    assert not activation.end_trial(later()).changed
    assert live_models()[0] == "Hybrid"


def test_workers_know_when_it_ends(budget):
    activation.activate(budget, ANN, trial=MINUTES)
    assert live.load().confirm_by == newest().confirm_by
    activation.confirm(ANN)
    assert live.load().confirm_by is None


def test_a_watcher_ends_it_on_time_although_it_began_before_its_start(watch):
    activation.activate(preset("Budget"), ANN)
    activation.activate(preset("Hybrid"), ANN, trial=timedelta(seconds=0.3))
    watch()
    assert serves("Hybrid")
    wait_until(lambda: serves("Budget"), "the end of the trial", 5, every_s=0.02)
    assert revisions()[-1] == (3, "auto_revert", "Budget")
