"""A preset is found by what people call it, on the command line for instance."""

import pytest

from brains import activation
from brains.errors import PresetNotFound
from brains.models import ModelPreset

pytestmark = pytest.mark.django_db


def test_a_preset_is_found_by_name_without_regard_to_case_or_by_slug(budget):
    economy = ModelPreset.objects.create(name="\u00c9conomie")

    for name in ("Budget", "budget", " BUDGET "):
        assert activation.find_preset(name) == budget
    for name in ("\u00c9conomie", "\u00e9conomie", "\u00c9CONOMIE", "economie"):
        assert activation.find_preset(name) == economy


def test_a_name_goes_before_another_preset_s_slug(budget):
    ModelPreset.objects.filter(pk=budget.pk).update(slug="cheap")
    ModelPreset.objects.create(name="Aaa", slug="budget")

    assert activation.find_preset("Budget") == budget


@pytest.mark.parametrize("name", ["", "Budge", "\x00", "\ud800", "x" * 10_000])
def test_an_unknown_name_is_answered_with_those_that_exist(name):
    with pytest.raises(PresetNotFound, match="Presets: .*Budget, Default") as e:
        activation.find_preset(name)

    assert len(str(e.value)) < 250
    assert str(e.value).isprintable()


def test_with_no_preset_at_all_an_unknown_name_says_so():
    ModelPreset.objects.all().delete()

    with pytest.raises(PresetNotFound, match=r"Presets: none\."):
        activation.find_preset("Budget")
