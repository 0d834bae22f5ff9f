"""The live preset cannot be deleted; any other can, and its history stays."""

import pytest
from django.contrib.auth.models import User

from brains import activation, live
from brains.activation import Author
from brains.errors import PresetIsLive
from brains.models import Activation, ModelPreset
from brains.tests.records import ANN, everything, live_models, revisions

pytestmark = pytest.mark.django_db


def test_a_preset_that_is_not_live_is_deleted(budget, hybrid):
    activation.activate(budget, ANN)

    activation.delete_presets(ModelPreset.objects.filter(pk=hybrid.pk))

    assert not ModelPreset.objects.filter(name="Hybrid").exists()
    assert "hybrid" not in live.load().presets


@pytest.mark.fault("D7")
def test_deleting_the_live_preset_is_refused_with_a_sentence_and_deletes_none(
    budget, hybrid
):
    activation.activate(budget, ANN)
    before = everything()

    with pytest.raises(PresetIsLive, match="Budget is live and cannot be deleted") as e:
        activation.delete_presets([hybrid, budget])

    assert "Activate another preset, or deactivate it" in str(e.value)
    assert everything() == before
    assert hybrid.pk is not None


@pytest.mark.fault("D7")
def test_a_preset_in_the_history_is_deleted_and_its_snapshot_stays(budget, hybrid):
    activation.activate(budget, ANN)
    activation.activate(hybrid, ANN)
    snapshot = budget.snapshot()

    activation.delete_presets([budget])

    first = Activation.objects.get(revision=1)
    assert (first.preset, first.preset_name) == (None, "Budget")
    assert first.as_snapshot() == snapshot
    assert live_models()[0] == "Hybrid"


def test_a_deactivated_preset_can_be_deleted(budget):
    activation.activate(budget, ANN)
    activation.deactivate(ANN)

    activation.delete_presets([budget])

    assert revisions() == [(1, "activate", "Budget"), (2, "deactivate", None)]


def test_a_user_who_is_deleted_stays_in_the_history_by_name(budget):
    ann = User.objects.create(username="ann")
    activation.activate(budget, Author("ann", ann))

    ann.delete()

    row = Activation.objects.get()
    assert (row.by, row.by_name) == (None, "ann")
