"""What is effective changes in revisions: one after the other, whole, and for good."""

from dataclasses import asdict

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction

from brains import activation, live
from brains.activation import Author
from brains.errors import PresetNotFound
from brains.models import Activation, ChangeCounter, ModelPreset
from brains.tests.records import (
    ANN,
    count,
    everything,
    live_models,
    newest,
    revisions,
)

pytestmark = pytest.mark.django_db


def test_an_activated_preset_is_live_as_revision_1(budget):
    outcome = activation.activate(budget, ANN)

    assert outcome.changed
    assert outcome.replaced is None
    assert outcome.activation == activation.latest()
    assert revisions() == [(1, "activate", "Budget")]
    assert live_models() == ("Budget", "google/gemma-7b-it")
    assert activation.live_preset_id() == budget.pk


def test_an_activation_keeps_who_when_why_and_what(budget, settings):
    settings.AURA_ENV_RUNG = {"AURA_EMBEDDING_MODEL": "from/env"}
    ann = User.objects.create(username="ann")

    activation.activate(budget, Author("ann", ann, "cheaper"))

    row = Activation.objects.get()
    assert (row.by, row.by_name, row.reason) == (ann, "ann", "cheaper")
    assert row.created_at is not None
    assert row.snapshot == asdict(budget.snapshot())
    assert row.as_snapshot() == budget.snapshot()
    assert row.resolved == {
        "l1_model": ["google/gemma-7b-it", "preset"],
        "l1_fallback": ["", "default"],
        "l2_model": ["anthropic/claude-3-haiku", "preset"],
        "l2_fallback": ["", "default"],
        "l3_model": ["google/gemini-flash-1.5", "preset"],
        "l3_fallback": ["", "default"],
        "embedding_model": ["from/env", "env"],
        "embedding_dimension": ["1536", "default"],
    }
    assert str(row) == "revision 1"


def test_revisions_go_up_by_one_and_each_change_is_told_what_it_replaced(
    budget, hybrid
):
    outcomes = [
        activation.activate(budget, ANN),
        activation.activate(hybrid, ANN),
        activation.deactivate(ANN),
        activation.activate(budget, ANN),
    ]

    assert revisions() == [
        (1, "activate", "Budget"),
        (2, "activate", "Hybrid"),
        (3, "deactivate", None),
        (4, "activate", "Budget"),
    ]
    assert [o.replaced and o.replaced.revision for o in outcomes] == [None, 1, 2, 3]


def test_activating_what_is_live_changes_nothing(budget):
    activation.activate(budget, ANN)
    before = everything()

    outcome = activation.activate(budget, Author("bob"))

    assert not outcome.changed
    assert outcome.activation == outcome.replaced == activation.latest()
    assert everything() == before


def test_a_preset_is_activated_as_it_is_saved_and_not_as_it_is_held(budget):
    ModelPreset.objects.filter(pk=budget.pk).update(l1_model="saved/since")

    activation.activate(budget, ANN)

    assert live_models() == ("Budget", "saved/since")


def test_activating_the_live_preset_after_it_changed_behind_our_back_is_a_revision(
    budget,
):
    activation.activate(budget, ANN)
    ModelPreset.objects.filter(pk=budget.pk).update(l1_model="changed/in-sql")

    assert activation.activate(budget, ANN).changed
    assert live_models() == ("Budget", "changed/in-sql")


def test_a_preset_that_was_deleted_meanwhile_cannot_be_activated(budget):
    held = ModelPreset.objects.get(pk=budget.pk)
    activation.delete_presets([budget])
    before = everything()

    with pytest.raises(PresetNotFound, match="Budget was deleted"):
        activation.activate(held, ANN)

    assert everything() == before


def test_after_deactivating_every_value_comes_from_below(budget):
    activation.activate(budget, ANN)

    outcome = activation.deactivate(ANN)

    assert outcome.changed
    assert newest().as_snapshot() is None
    assert activation.live_preset_id() is None
    assert live_models() == (None, "mistralai/mistral-7b-instruct")
    assert live.current().selection.revision == 2


def test_deactivating_when_nothing_is_live_changes_nothing(budget):
    before = everything()
    outcome = activation.deactivate(ANN)
    assert (outcome.activation, outcome.replaced, outcome.changed) == (
        None,
        None,
        False,
    )
    assert everything() == before

    activation.activate(budget, ANN)
    activation.deactivate(ANN)
    before = everything()
    assert not activation.deactivate(ANN).changed
    assert everything() == before


def test_the_selection_comes_from_the_snapshot_of_the_highest_revision(budget):
    activation.activate(budget, ANN)
    ModelPreset.objects.filter(pk=budget.pk).update(l1_model="not/activated")

    assert live_models() == ("Budget", "google/gemma-7b-it")


def test_an_older_snapshot_that_is_appended_restores_exactly_what_was(budget, hybrid):
    activation.activate(budget, ANN)
    first = newest()
    before = live.load().selection
    budget.l1_model, budget.name = "changed/since", "Renamed"
    activation.save_preset(budget, ANN)
    activation.activate(hybrid, ANN)

    Activation.objects.create(
        revision=4,
        action=activation.Action.ROLL_BACK,
        preset=first.preset,
        snapshot=first.snapshot,
        resolved=first.resolved,
        by_name="ann",
    )

    after = live.load().selection
    assert (after.revision, after.preset, after.choices) == (
        4,
        before.preset,
        before.choices,
    )


# What workers are told.


def test_each_change_bumps_the_counter_once_and_nothing_else_does(budget, hybrid):
    steps = [
        (1, lambda: activation.activate(budget, ANN)),
        (0, lambda: activation.activate(budget, ANN)),
        (1, lambda: activation.save_preset(hybrid, ANN)),
        (1, lambda: activation.save_preset(budget, ANN)),
        (1, lambda: activation.delete_presets([hybrid])),
        (1, lambda: activation.deactivate(ANN)),
        (0, lambda: activation.deactivate(ANN)),
        (1, lambda: activation.publish()),
    ]
    for expected, change in steps:
        before = count()
        with transaction.atomic():
            change()
        assert count() - before == expected


def test_this_process_looks_at_once_when_a_change_is_committed(
    budget, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks() as callbacks:
        activation.activate(budget, ANN)
    assert not live.changed.is_set()

    for callback in callbacks:
        callback()

    assert live.changed.is_set()


def test_a_missing_counter_row_is_made_again(budget):
    ChangeCounter.objects.all().delete()

    activation.activate(budget, ANN)

    assert count() == 1


# History.


def test_history_is_neither_changed_nor_deleted(budget):
    activation.activate(budget, ANN)
    row = newest()
    row.reason = "another"

    with pytest.raises(TypeError, match="append a new one"):
        row.save()
    with pytest.raises(TypeError, match="not deleted"):
        row.delete()

    assert Activation.objects.get().reason == "cheaper"


def test_the_database_refuses_a_revision_that_was_given(budget):
    activation.activate(budget, ANN)

    with pytest.raises(IntegrityError), transaction.atomic():
        Activation.objects.create(
            revision=1, action="activate", resolved={}, by_name="ann"
        )
