"""`manage.py check` says what is wrong with the settings, each kind with an id and a hint."""

from pathlib import Path

import pytest
from django.core import checks

from aura_site.dotenv import DotenvFile
from aura_site.environment import SettingProblem
from brains.checks import check_settings
from providers.registry import Registry
from providers.shipped import local, named, openrouter

KEY = "sk-secret-key"


def found(name):
    return [message for message in check_settings(None) if message.id == name]


@pytest.fixture
def providers(settings):
    """Return a function that makes these, beside OpenRouter, the providers."""

    def use(*others):
        all_of_them = [openrouter("", KEY), *others]
        settings.AURA_PROVIDERS = Registry({p.name: p for p in all_of_them})

    return use


def test_good_settings_have_no_messages():
    assert check_settings(None) == []


def test_the_checks_run_with_those_of_django(settings):
    settings.AURA_ENV_RUNG = {"AURA_L1_MODEL": "no model id"}

    assert "brains.W001" in {message.id for message in checks.run_checks()}


@pytest.mark.parametrize(
    ("rung", "place"),
    [
        ("AURA_ENV_RUNG", "the environment"),
        ("AURA_DOTENV_RUNG", ".env"),
    ],
)
def test_w001_names_a_refused_value_with_its_source_and_reason(settings, rung, place):
    setattr(
        settings,
        rung,
        {"AURA_L1_MODEL": "no model id", "AURA_EMBEDDING_DIMENSION": "many"},
    )

    model, dimension = found("brains.W001")

    assert model.msg.startswith(f"AURA_L1_MODEL in {place}: 'no model id' is not a")
    assert f"Change AURA_L1_MODEL in {place}" in model.hint
    assert dimension.msg.startswith(f"AURA_EMBEDDING_DIMENSION in {place}: 'many' is")
    assert model.level == dimension.level == checks.WARNING


def test_w001_also_names_a_value_that_a_better_rung_hides(settings):
    settings.AURA_ENV_RUNG = {"AURA_L1_MODEL": "good/one"}
    settings.AURA_DOTENV_RUNG = {"AURA_L1_MODEL": "no model id"}

    assert [message.msg.split(":")[0] for message in found("brains.W001")] == [
        "AURA_L1_MODEL in .env"
    ]


def test_w002_names_another_variable_with_a_bad_value(settings):
    settings.AURA_SETTING_PROBLEMS = (
        SettingProblem("PORT", "env", "PORT is not a number.", "Set PORT to a number."),
    )

    (message,) = found("brains.W002")

    assert (message.msg, message.hint) == (
        "PORT is not a number.",
        "Set PORT to a number.",
    )


def test_w003_says_why_dotenv_cannot_be_read(settings):
    settings.AURA_DOTENV = DotenvFile(
        Path(".env"), "unreadable", "It is a folder.", {}, (), ""
    )

    (message,) = found("brains.W003")

    assert message.msg == "It is a folder."
    assert "env.example" in message.hint


def test_w003_names_each_skipped_line(settings):
    settings.AURA_DOTENV = DotenvFile(
        Path(".env"), "found", "", {}, ("Line 2 is skipped.", "Line 4 is skipped."), ""
    )

    assert [message.msg for message in found("brains.W003")] == [
        "Line 2 is skipped.",
        "Line 4 is skipped.",
    ]


def test_a_missing_dotenv_is_no_fault(settings):
    settings.AURA_DOTENV = DotenvFile(Path(".env"), "missing", "", {}, (), "")

    assert found("brains.W003") == []


@pytest.mark.parametrize(
    "url",
    ["", "127.0.0.1:11434", "ftp://host/v1", "http://", "http://[::1", "http://h:port"],
)
def test_w004_names_the_variable_of_an_address_that_cannot_be_used(providers, url):
    providers(named("groq", url, KEY))

    (message,) = found("brains.W004")

    assert message.msg.startswith("AURA_GROQ_BASE_URL ")
    assert "ends before /chat/completions" in message.hint


def test_w004_does_not_repeat_a_password_in_an_address(providers):
    providers(local("http://user:hidden@host/v1", "", "", {}))

    (message,) = found("brains.W004")

    assert message.msg.startswith("AURA_LOCAL_BASE_URL must not hold a user")
    assert "hidden" not in f"{message.msg}{message.hint}"


def test_no_message_has_a_provider_s_key(providers, settings):
    settings.AURA_ENV_RUNG = {"AURA_L1_MODEL": "no model id"}
    providers(named("groq", "nowhere", KEY))

    messages = check_settings(None)

    assert len(messages) == 2
    assert KEY not in str(messages)
