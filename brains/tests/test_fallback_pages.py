"""Fallbacks on the status page, in `/health` and in `show_selection`: said where there are
some, and not a word where there are none."""

import json
from io import StringIO

import pytest
from django.core.management import call_command
from django.utils import timezone

from aura_site.dotenv import read_dotenv
from brains import activation, health, live, provider_watch
from brains.provider_watch import WATCH, Checked, ProviderWatch
from brains.status_providers import provider_problems
from brains.tests.records import ANN, preset
from brains.tests.status_reader import CANARY, fact, page, shown, words
from providers.reachability import Reach, State
from providers.registry import Registry
from providers.shipped import local, named, openrouter

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _set_up(settings, tmp_path):
    """OpenRouter has its key, groq has none, and nothing is set on the rungs."""
    use_providers(settings)
    settings.AURA_ENV_RUNG, settings.AURA_DOTENV_RUNG = {}, {}
    settings.AURA_DOTENV = read_dotenv(tmp_path / ".env")
    settings.AURA_SETTING_PROBLEMS = ()


def use_providers(settings, openrouter_key=CANARY, groq_key=""):
    three = (
        openrouter("", openrouter_key),
        local("", "", "", {}),
        named("groq", "https://groq/v1", groq_key),
    )
    settings.AURA_PROVIDERS = Registry({p.name: p for p in three})


def serve(name="Budget", **fields):
    """Activate a preset with these fields, and return what this process serves then."""
    chosen = preset(name)
    for field, text in fields.items():
        setattr(chosen, field, text)
    activation.save_preset(chosen, ANN)
    activation.activate(chosen, ANN)
    return live.load().selection


def card(layer="l1"):
    html = page().partition(f'aria-labelledby="{layer}"')[2].partition("</article>")[0]
    return words(html)


# The status page.


def test_a_card_says_what_is_tried_when_its_model_fails():
    serve(l1_fallback="a/b,c/d")

    assert "If it fails: a/b , then c/d (from preset Budget)" in card()


def test_a_card_says_which_variable_the_fallbacks_are_from(settings):
    settings.AURA_DOTENV_RUNG = {"AURA_L3_FALLBACK": "a/b"}

    assert "If it fails: a/b (from AURA_L3_FALLBACK in .env)" in card("l3")


@pytest.mark.parametrize("text", ["", "none"])
def test_a_card_without_fallbacks_has_not_a_word_of_them(text):
    serve(l1_fallback=text)

    assert "fails" not in shown()


def test_a_card_says_which_fallbacks_none_hides(settings):
    settings.AURA_ENV_RUNG = {"AURA_L1_FALLBACK": "a/b,c/d"}
    serve(l1_fallback="none")

    assert (
        "If it fails: no other model is tried (says preset Budget) "
        "hides 1 value a/b , then c/d AURA_L1_FALLBACK in the environment"
    ) in card()


def test_a_card_says_that_its_fallbacks_were_refused(settings):
    settings.AURA_ENV_RUNG = {"AURA_L1_FALLBACK": "a b"}

    assert "AURA_L1_FALLBACK in the environment was refused" in card()
    assert "Change AURA_L1_FALLBACK in the environment and restart" in shown()


def test_providers_that_only_have_fallbacks_are_named_as_such(settings):
    use_providers(settings, groq_key="k")
    serve(l1_fallback="groq/x,groq/y,c/d", l3_fallback="groq/x")

    html = page()

    assert "groq as fallback of L1 and L3 Key set, not asked yet." in words(html)
    assert "OpenRouter for L1, L2, L3 and Embedding" in fact("Providers in use")


def test_a_provider_that_serves_is_not_named_again_as_fallback():
    selection = serve(l1_model="groq/x", l2_fallback="groq/y")

    assert selection.fallbacks("l2") == ("groq/y",)
    assert "as fallback of" not in shown()


def test_a_layer_whose_fallback_can_be_called_answers(settings):
    serve(l1_model="groq/x", l1_fallback="a/b")

    text = shown()

    assert "Cannot answer" not in text
    assert "▲ Needs attention Every layer has a provider; 1 thing to mend." in text
    assert "set AURA_GROQ_API_KEY" in text


def test_a_layer_of_which_no_model_can_be_called_does_not_answer():
    serve(l1_model="groq/x", l1_fallback="groq/y")

    assert "✕ Cannot answer Calls to L1 fail until this is mended." in shown()


def test_a_provider_that_has_fallbacks_only_is_asked_too(monkeypatch):
    serve(l1_fallback="local/x")
    asked = []

    def note(provider):
        asked.append(provider.name)
        return Reach(State.UNREACHABLE)

    monkeypatch.setattr(provider_watch, "check", note)
    ProviderWatch(lambda work: work()).look(1000.0)

    assert asked == ["openrouter", "local"]


def test_a_fallback_s_provider_that_does_not_answer_is_to_mend(monkeypatch):
    found = {"local": Checked(Reach(State.UNREACHABLE), timezone.now())}
    monkeypatch.setattr(WATCH, "latest", found)

    (problem,) = provider_problems(serve(l1_fallback="local/x"))

    assert "was not reached" in problem.reason


# For machines.


def test_health_has_the_fallbacks_of_the_layers_that_have_some():
    serve(l1_fallback="a/b,c/d", l2_fallback="none")

    models = health.report()["models"]

    assert models["l1"]["fallbacks"] == ["a/b", "c/d"]
    assert models["l1"]["fallbacks_source"] == "preset"
    for layer in ("l2", "l3", "embedding"):
        assert "fallback" not in str(models[layer])


def test_a_fallback_that_cannot_be_called_is_a_problem():
    serve(l1_fallback="groq/x", l2_fallback="groq/y")

    (problem,) = health.report()["problems"]

    assert problem == {
        "source": "env",
        "name": "AURA_GROQ_API_KEY",
        "reason": "No key for groq: set AURA_GROQ_API_KEY and restart. Fallbacks of L1 "
        "and L2 need it.",
        "hint": "Set it in the environment or .env and restart, or name other fallbacks.",
    }


def said(**options):
    output = StringIO()
    call_command("show_selection", stdout=output, **options)
    return output.getvalue()


def test_show_selection_says_them_below_their_layer(settings):
    settings.AURA_ENV_RUNG = {"AURA_L1_FALLBACK": "e/f"}
    serve(l1_fallback="a/b,c/d")

    lines = [line.strip() for line in said().splitlines()]

    behind = lines.index("if it fails: a/b, then c/d (preset Budget)")
    assert lines[behind + 1] == "hides e/f (AURA_L1_FALLBACK in the environment)"
    assert lines[behind + 2].startswith("l2 ")


@pytest.mark.parametrize("refused", ["", "a b"])
def test_show_selection_has_not_a_word_of_fallbacks_that_are_not_there(
    settings, refused
):
    settings.AURA_ENV_RUNG = {"AURA_L1_FALLBACK": refused}

    assert "fails" not in said().partition("To mend")[0]


def test_show_selection_as_json_has_them_and_what_they_hide(settings):
    settings.AURA_ENV_RUNG = {"AURA_L1_FALLBACK": "e/f"}
    serve(l1_fallback="a/b,c/d")

    body = json.loads(said(json=True))

    assert body["models"]["l1"]["fallbacks"] == ["a/b", "c/d"]
    assert body["hidden"]["l1_fallback"] == [{"source": "env", "value": "e/f"}]
