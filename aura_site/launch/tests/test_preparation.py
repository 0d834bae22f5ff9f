"""What the database needs before Aura serves."""

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.db import OperationalError

from aura_site.launch import preparation
from brains import activation
from brains.activation import Author
from brains.layers import VARIABLES
from brains.models import ModelPreset
from gateway.models import ApiKey
from providers.registry import Registry
from providers.shipped import local, offline, openrouter

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("kept_connection")]


@pytest.fixture
def said():
    return []


def test_first_start_makes_an_admin_and_a_key(said):
    prepared = preparation.prepare(said.append)
    assert prepared.has_database
    assert User.objects.filter(username="admin", is_superuser=True).exists()
    assert ApiKey.objects.count() == 1
    assert f"API key: {prepared.made.key} (shown once)" in said
    assert f"Admin: user admin, password {prepared.made.password} (shown once)" in said


def test_second_start_has_nothing_to_say(said):
    preparation.prepare(print)
    assert preparation.prepare(said.append).made.key is None
    assert said == []


def test_key_that_the_user_chose_is_not_one_made_just_now(said, settings):
    settings.AURA_API_KEY = "chosen_by_the_user_and_long_enough_to_be_one"
    assert preparation.prepare(said.append).made.key is None
    assert settings.AURA_API_KEY not in "\n".join(said)


def test_effective_models_are_known(said):
    call_command("activate_preset", "Offline", verbosity=0)
    assert "offline/smollm2-135m" in preparation.prepare(said.append).models


def test_fallbacks_count_among_the_effective_models(said, settings):
    # So that the embedded models are started when one of them stands behind a layer.
    settings.AURA_ENV_RUNG = {"AURA_L1_FALLBACK": "a/b,offline/smollm2-135m"}
    models = preparation.prepare(said.append).models
    assert {"a/b", "offline/smollm2-135m"} <= set(models)


def test_tables_up_to_date_are_not_mentioned(said):
    preparation.prepare(said.append)
    assert not any("Preparing" in sentence for sentence in said)


def test_database_that_is_away_is_no_reason_to_stop(said, monkeypatch):
    def refuse(*_):
        raise OperationalError("connection refused\nIs the server running?")

    monkeypatch.setattr(preparation, "MigrationExecutor", refuse)
    assert preparation.prepare(said.append) == preparation.Prepared(has_database=False)
    assert said[0] == "The database cannot be used: connection refused"


def test_key_that_others_could_guess_is_refused(said, settings):
    settings.AURA_API_KEY = "changeme-changeme-changeme"
    with pytest.raises(ImproperlyConfigured, match="AURA_API_KEY"):
        preparation.prepare(said.append)


def test_bad_setting_is_told(said, settings):
    settings.AURA_ENV_RUNG = {"AURA_EMBEDDING_DIMENSION": "many"}
    preparation.prepare(said.append)
    assert "AURA_EMBEDDING_DIMENSION" in said[0] and "(brains.W001)" in said[0]


def test_first_preset_is_activated(said):
    preparation.activate_first("Offline", said.append)
    assert _latest_preset() == "Offline"
    assert "Offline is live" in said[0]


def test_first_preset_waits_for_no_check_of_models_that_are_being_started(
    said, settings
):
    settings.AURA_PREFLIGHT = True
    preparation.activate_first("Offline", said.append)
    assert _latest_preset() == "Offline"


def test_first_preset_is_not_activated_over_a_choice(said):
    activation.activate(activation.find_preset("Budget"), Author("someone"))
    activation.deactivate(Author("someone"))
    preparation.activate_first("Offline", said.append)
    assert _latest_preset() is None
    assert said == []


def test_first_preset_that_was_renamed_is_told(said):
    preset = activation.find_preset("Offline")
    preset.name, preset.slug = "Mine", "mine"
    activation.save_preset(preset, Author("someone"))
    preparation.activate_first("Offline", said.append)
    assert "could not be activated" in said[0] and "'Offline'" in said[0]


def _latest_preset() -> str | None:
    newest = activation.latest()
    assert newest
    return newest.preset_name


MODELS = [variable for variable in VARIABLES if variable.endswith("_MODEL")]


@pytest.mark.parametrize("rung", ["AURA_ENV_RUNG", "AURA_DOTENV_RUNG"])
def test_models_of_the_user_that_can_be_called_are_not_hidden(said, settings, rung):
    setattr(settings, rung, dict.fromkeys(MODELS, "local/phi-3-mini-4k"))
    preparation.activate_first("Offline", said.append)
    assert activation.latest() is None
    assert "The models that you set serve" in said[0]


def test_a_layer_that_has_no_key_is_reason_enough_for_the_first_preset(said, settings):
    settings.AURA_ENV_RUNG = dict.fromkeys(MODELS[1:], "local/phi-3-mini-4k")
    preparation.activate_first("Offline", said.append)
    newest = activation.latest()
    assert newest and newest.preset_name == "Offline"


def test_variables_that_a_live_preset_hides_are_named(said, settings):
    settings.AURA_ENV_RUNG = {
        "AURA_L1_MODEL": "a/b",
        "AURA_L2_FALLBACK": "a/b",
        "AURA_L3_FALLBACK": "a/b",
        "AURA_EMBEDDING_MODEL": "c/d",
    }
    ModelPreset.objects.filter(slug="budget").update(l3_fallback="none")
    call_command("activate_preset", "Budget", verbosity=0)
    preparation.prepare(print)
    preparation.prepare(said.append)
    assert said == [
        "The preset Budget is live and hides AURA_L1_MODEL, AURA_L3_FALLBACK."
    ]


def test_a_key_that_the_embedded_models_leave_unused_is_mentioned(said, settings):
    settings.AURA_PROVIDERS = registry(key="sk-canary")
    call_command("activate_preset", "Offline", verbosity=0)
    preparation.prepare(print)
    preparation.prepare(said.append)
    assert said[0].startswith("OPENROUTER_API_KEY is set, but the embedded models")
    assert "canary" not in "".join(said)


def registry(key: str) -> Registry:
    servers = "http://127.0.0.1:9/v1"
    shipped = [openrouter("", key), local("", "", "", {}), offline(servers, servers)]
    return Registry({provider.name: provider for provider in shipped})
