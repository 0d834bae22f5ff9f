"""Rolling back restores exactly what a revision had."""

import pytest

from brains import activation
from brains.errors import RevisionNotFound
from brains.tests.records import ANN, live_models, newest, preset, revisions

pytestmark = pytest.mark.django_db


def test_a_roll_back_is_a_revision_with_the_old_values(budget, hybrid):
    activation.activate(budget, ANN)
    activation.activate(hybrid, ANN)

    outcome = activation.roll_back(1, activation.Author("bob", reason="too dear"))

    assert outcome.changed
    assert revisions()[-1] == (3, "roll_back", "Budget")
    row = newest()
    assert (row.restores, row.by_name, row.reason) == (1, "bob", "too dear")
    assert live_models() == ("Budget", "google/gemma-7b-it")


def test_it_restores_what_was_not_what_the_preset_became(budget, hybrid):
    activation.activate(budget, ANN)
    activation.activate(hybrid, ANN)
    budget.l1_model = "new/model"
    activation.save_preset(budget, ANN)
    activation.roll_back(1, ANN)
    assert live_models() == ("Budget", "google/gemma-7b-it")


def test_it_restores_a_preset_that_was_deleted(budget, hybrid):
    activation.activate(budget, ANN)
    activation.activate(hybrid, ANN)
    activation.delete_presets([preset("Budget")])
    activation.roll_back(1, ANN)
    assert live_models() == ("Budget", "google/gemma-7b-it")
    assert newest().preset is None


def test_it_restores_that_no_preset_was_live(budget):
    activation.activate(budget, ANN)
    activation.deactivate(ANN)
    activation.activate(budget, ANN)
    activation.roll_back(2, ANN)
    assert revisions()[-1] == (4, "roll_back", None)


def test_going_back_to_what_is_live_changes_nothing(budget, hybrid):
    activation.activate(budget, ANN)
    activation.activate(hybrid, ANN)
    activation.roll_back(1, ANN)
    assert not activation.roll_back(1, ANN).changed
    assert not activation.roll_back(3, ANN).changed


def test_an_unknown_revision_is_refused(budget):
    with pytest.raises(RevisionNotFound, match="no revision 7"):
        activation.roll_back(7, ANN)
