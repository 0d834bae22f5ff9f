"""The status page and the catalogue: what serves and is gone is to be mended, what other
presets name is a quiet note, and the lists say of which day they are."""

from datetime import timedelta

import pytest
from django.db import OperationalError

from aura_site.dotenv import read_dotenv
from brains import live, status
from brains.catalogue.catalogue import today
from brains.catalogue.models import CatalogueSource
from brains.health import report
from brains.models import ModelPreset
from brains.tests.cataloguing import listed, providers, read
from brains.tests.status_reader import activated, fact, page, shown, words
from providers.listed_model import Kind

pytestmark = pytest.mark.django_db
BUDGET = (
    "google/gemma-7b-it",
    "anthropic/claude-3-haiku",
    "google/gemini-flash-1.5",
    listed("openai/text-embedding-3-small", kind=Kind.EMBEDDING),
)


@pytest.fixture(autouse=True)
def _set_up(settings, tmp_path):
    settings.AURA_PROVIDERS = providers()
    settings.AURA_ENV_RUNG, settings.AURA_DOTENV_RUNG = {}, {}
    settings.AURA_DOTENV = read_dotenv(tmp_path / ".env")
    settings.AURA_SETTING_PROBLEMS = ()


def part(name):
    html = page().partition(f'<section id="{name}"')[2].partition("</section>")[0]
    return words(html)


def test_all_is_well_while_everything_is_listed():
    activated("Budget")
    read(*BUDGET, "anthropic/claude-3.5-sonnet", "deepseek/deepseek-chat")

    assert "● All well" in shown()
    assert "listed" not in part("problems")


def test_what_serves_and_is_gone_is_to_be_mended():
    activated("Budget")
    read(*BUDGET[:3], days_ago=1)
    read(*BUDGET[1:], "google/gemma-3-4b-it")

    text = shown()

    assert "▲ Needs attention" in text and "1 thing to mend" in text
    assert "google/gemma-7b-it is no longer listed; nearest: google/gemma-3-4b-it." in (
        part("problems")
    )
    assert "It serves as L1, from preset Budget" in part("problems")
    assert report()["status"] == "ok"  # which asks no database


def test_what_leaves_soon_is_said_for_presets_that_are_not_live():
    activated("Budget")
    day = today() + timedelta(days=20)
    read(*BUDGET, listed("anthropic/claude-3-opus", expires_on=day))

    assert "● All well" in shown()
    note = f"anthropic/claude-3-opus leaves OpenRouter on {day}, in 20 days"
    assert note in part("notes") and "In preset Performance." in part("notes")
    assert note not in part("problems")


def test_by_the_shipped_list_what_serves_is_a_quiet_note():
    activated("Performance")

    assert "● All well" in shown()
    assert "anthropic/claude-3-opus is no longer listed; nearest: anthropic/" in (
        part("notes")
    )
    assert "In L2 now." in part("notes") and "shipped." in part("notes")


def test_one_model_of_several_presets_is_one_note():
    activated("Budget")
    read(*BUDGET, "mistralai/mistral-7b-instruct", "deepseek/deepseek-chat")

    assert part("notes").count("anthropic/claude-3.5-sonnet is no longer listed") == 1
    assert (
        "In preset Hybrid, preset Performance and the built-in default for L2."
        in part("notes")
    )


def test_a_default_that_is_gone_is_named_while_a_preset_hides_it(settings):
    settings.AURA_ENV_RUNG = {"AURA_L1_MODEL": "a/gone"}
    activated("All-DeepSeek")
    read("deepseek/deepseek-chat", "anthropic/claude-3.5-sonnet", BUDGET[3])

    assert "a/gone is not listed" in part("notes")
    assert "In AURA_L1_MODEL in the environment for L1." in part("notes")


def test_what_a_preset_inherits_is_no_note_of_it():
    read("x/y")

    assert "preset Default" not in part("notes")


def test_fallbacks_are_looked_at_too():
    ModelPreset.objects.create(name="Mine", l1_fallback="a/gone,b/there")
    activated("Mine")
    read(*BUDGET, "b/there", "mistralai/mistral-7b-instruct", "deepseek/deepseek-chat")

    assert "a/gone is not listed." in part("problems")
    assert "It serves as fallback of L1, from preset Mine" in part("problems")


def test_an_old_list_makes_nothing_broken():
    activated("Budget")
    read("a/one", days_ago=30)

    assert "● All well" in shown()
    assert "google/gemma-7b-it is not listed" in part("notes")
    assert fact("Catalogue").startswith("○ Catalogue of ")
    assert ", old: 1 model of OpenRouter" in fact("Catalogue")


def test_the_fact_says_of_which_day_the_lists_are():
    assert "○ Catalogue of 2026-" in fact("Catalogue")
    assert ", shipped: " in fact("Catalogue")

    read("a/one", "a/two")
    read("x", provider="groq")
    text = fact("Catalogue").replace(" :", ":").replace(" ,", ",")
    assert f"● Catalogue of {today()}: 2 models of OpenRouter" in text
    assert f"groq: of {today()}, 1 model" in text


def test_an_empty_catalogue_says_so(settings):
    settings.AURA_PROVIDERS = providers("http://127.0.0.1:9/v1")

    assert "The catalogue is empty: no provider was read yet." in fact("Catalogue")
    assert "listed" not in part("notes") + part("problems")


def test_a_list_that_could_not_be_read_again_says_why():
    read("a/one")
    CatalogueSource.objects.update(trouble="OpenRouter could not be reached (Timeout).")

    assert "Not read lately. OpenRouter could not be reached (Timeout)." in (
        fact("Catalogue")
    )


def test_markup_in_ids_and_troubles_is_text():
    read("a/one")
    CatalogueSource.objects.update(trouble="<script>alert(1)</script>")

    assert "<script>alert" not in page() and "&lt;script&gt;alert" in page()


def test_while_the_database_is_away_nothing_is_said(monkeypatch):
    activated("Performance")

    def away(*args):
        raise OperationalError("away")

    monkeypatch.setattr(status, "load", away)

    html = page()
    assert "Catalogue</dt>" not in html and "no longer listed" not in html
    assert live.current().selection.preset == "Performance"
