"""An edit of the live preset is a revision; a stale or lost one is refused."""

import pytest

from brains import activation, live
from brains.activation import Author
from brains.errors import PresetChanged
from brains.layers import FIELDS
from brains.models import ModelPreset
from brains.tests.records import (
    ANN,
    count,
    everything,
    live_models,
    newest,
    revisions,
)

pytestmark = pytest.mark.django_db


def test_an_edit_of_the_live_preset_is_a_revision(budget):
    first = activation.activate(budget, ANN).activation
    budget.l1_model = "new/model"

    outcome = activation.save_preset(budget, Author("bob", reason="try"))

    assert outcome.changed
    assert (newest().revision, outcome.replaced) == (2, first)
    assert revisions()[1] == (2, "edit", "Budget")
    assert (outcome.activation, newest().by_name) == (newest(), "bob")
    assert live_models() == ("Budget", "new/model")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *((field, "new/value") for field in FIELDS[:-1]),
        ("embedding_dimension", 7),
        ("l1_model", ""),
        ("name", "Renamed"),
        ("slug", "renamed"),
    ],
)
def test_an_edit_of_anything_that_callers_see_is_a_revision(budget, field, value):
    activation.activate(budget, ANN)
    setattr(budget, field, value)
    budget.full_clean()

    assert activation.save_preset(budget, ANN).changed
    assert newest().as_snapshot() == budget.snapshot()


def test_an_edit_of_the_description_is_no_revision(budget):
    activation.activate(budget, ANN)
    budget.description = "What it is for."

    assert not activation.save_preset(budget, ANN).changed
    assert len(revisions()) == 1
    assert ModelPreset.objects.get(pk=budget.pk).description == "What it is for."


def test_an_edit_of_another_preset_is_no_revision_but_workers_load_it(budget, hybrid):
    first = activation.activate(budget, ANN).activation
    before = count()
    hybrid.l1_model = "new/model"

    outcome = activation.save_preset(hybrid, ANN)

    assert not outcome.changed
    assert outcome.activation == first
    assert len(revisions()) == 1
    assert count() == before + 1
    assert live.load().presets["hybrid"].choice("l1").value == "new/model"


def test_a_new_preset_is_saved_and_is_no_revision():
    preset = ModelPreset(name="Mine", l1_model="a/b")
    preset.full_clean()

    outcome = activation.save_preset(preset, ANN, opened_at="")

    assert (outcome.activation, outcome.changed) == (None, False)
    assert live.load().presets["mine"].choice("l1").value == "a/b"


def test_a_save_from_a_fresh_form_is_taken(budget):
    opened_at = budget.updated_at.isoformat()
    budget.l1_model = "new/model"

    activation.save_preset(budget, ANN, opened_at=opened_at)

    assert ModelPreset.objects.get(pk=budget.pk).l1_model == "new/model"


@pytest.mark.fault("D6")
@pytest.mark.parametrize("is_live", [True, False])
def test_a_save_from_a_stale_form_is_refused_and_says_when_it_was_changed(
    budget, is_live
):
    if is_live:
        activation.activate(budget, ANN)
    opened_at = budget.updated_at.isoformat()
    mine = ModelPreset.objects.get(pk=budget.pk)
    theirs = ModelPreset.objects.get(pk=budget.pk)
    theirs.l1_model = "their/model"
    activation.save_preset(theirs, Author("bob"), opened_at=opened_at)
    before = everything()
    mine.l2_model = "my/model"

    with pytest.raises(PresetChanged, match=f"{theirs.updated_at:%H:%M:%S} UTC"):
        activation.save_preset(mine, ANN, opened_at=opened_at)

    assert everything() == before


@pytest.mark.parametrize("opened_at", [None, "2026-01-01T00:00:00+00:00"])
def test_a_save_of_a_preset_that_was_deleted_meanwhile_does_not_bring_it_back(
    budget, opened_at
):
    held = ModelPreset.objects.get(pk=budget.pk)
    activation.delete_presets([budget])
    before = everything()

    with pytest.raises(PresetChanged, match="Budget was deleted"):
        activation.save_preset(held, ANN, opened_at=opened_at)

    assert everything() == before
