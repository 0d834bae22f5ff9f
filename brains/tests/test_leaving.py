"""Which models leave soon, and who names them."""

from datetime import timedelta

import pytest

from brains import live
from brains.catalogue.catalogue import load, today
from brains.catalogue.leaving import leaving
from brains.models import ModelPreset
from brains.tests.cataloguing import listed, providers, read
from brains.tests.status_reader import activated

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _set_up(settings):
    settings.AURA_PROVIDERS = providers()
    settings.AURA_ENV_RUNG, settings.AURA_DOTENV_RUNG = {}, {}


def leaves(model_id, days):
    return listed(model_id, expires_on=today() + timedelta(days=days))


def found():
    presets = ModelPreset.objects.all()
    return {
        each.model_id: each for each in leaving(load(), presets, live.peek().selection)
    }


def test_a_model_that_leaves_is_told_with_all_who_name_it():
    read(leaves("deepseek/deepseek-chat", 12), "deepseek/deepseek-v3")

    [(model_id, each)] = found().items()

    assert model_id == "deepseek/deepseek-chat"
    assert each.day == today() + timedelta(days=12)
    # L3's default as well: no preset is live.
    assert each.places == (
        "preset All-DeepSeek",
        "preset Hybrid",
        "the built-in default",
    )
    assert "leaves OpenRouter on" in each.sentence and "in 12 days" in each.sentence


def test_a_preset_that_is_not_live_counts_too():
    activated("Budget")
    read(leaves("anthropic/claude-3-opus", 3))

    assert found()["anthropic/claude-3-opus"].places == ("preset Performance",)


def test_a_fallback_counts_too():
    ModelPreset.objects.filter(slug="hybrid").update(l1_fallback="a/one,a/two")
    read(leaves("a/two", 30))

    assert found()["a/two"].places == ("preset Hybrid",)


@pytest.mark.parametrize(("days", "is_told"), [(31, False), (30, True), (-2, True)])
def test_it_is_told_from_30_days_before_on(days, is_told):
    read(leaves("anthropic/claude-3-opus", days))

    assert ("anthropic/claude-3-opus" in found()) is is_told


def test_what_is_gone_or_stays_or_is_named_by_nobody_is_not():
    read("google/gemma-7b-it", leaves("nobody/names-it", 3))

    assert "nobody/names-it" not in found()
    assert "google/gemma-7b-it" not in found()
    assert "anthropic/claude-3-haiku" not in found()  # not listed at all


def test_what_the_environment_names_counts_while_it_serves(settings):
    settings.AURA_ENV_RUNG = {"AURA_L1_MODEL": "env/model"}
    read(leaves("env/model", 3))

    assert found()["env/model"].places == ("AURA_L1_MODEL in the environment",)
    activated("Budget")
    assert "env/model" not in found()
