"""The status page tells people whether all is well, what serves, why, and what to mend."""

from datetime import UTC, datetime, timedelta

import pytest

from aura_site.dotenv import read_dotenv
from brains import live, watcher
from brains.status_card import cards
from brains.templatetags.model_ids import breakable
from brains.tests.status_reader import activated, page, registry, shown, words
from brains.watcher import Watcher
from brains.wording import ago


@pytest.fixture(autouse=True)
def _set_up(settings, tmp_path):
    """Every provider has what it needs, and the values come from the defaults."""
    settings.AURA_PROVIDERS = registry()
    settings.AURA_ENV_RUNG, settings.AURA_DOTENV_RUNG = {}, {}
    settings.AURA_DOTENV = read_dotenv(tmp_path / ".env")
    settings.AURA_SETTING_PROBLEMS = ()


@pytest.fixture
def _away(monkeypatch, tmp_path):
    """The watcher of this process has never heard the database."""
    monkeypatch.setattr(watcher, "_running", Watcher([], tmp_path))


@pytest.mark.django_db
def test_page_says_what_serves_since_when_by_whom_and_why():
    activated("Budget")

    text = shown()

    assert "● All well" in text
    assert "Revision 1 · Preset Budget" in text
    assert "Changed just now by ann: “night costs”" in text
    assert "google/gemma-7b-it OpenRouter" in text


@pytest.mark.django_db
def test_exact_time_of_the_change_is_in_a_title():
    activated("Budget")
    moment = live.current().since

    assert moment and f'title="{moment:%Y-%m-%d %H:%M:%S} UTC"' in page()


@pytest.mark.django_db
def test_both_doors_show_the_same_page():
    assert words(page(url="/")).replace("next=/", "") == words(page(url="/status/"))


@pytest.mark.django_db
def test_fragment_is_the_part_that_changes_and_nothing_else():
    html = page(url="/status/?fragment=1")

    assert html.lstrip().startswith('<div id="live"')
    assert html.strip() in page()


@pytest.mark.django_db
def test_page_without_any_activation_says_so():
    assert "Revision 0 · No preset No preset was ever activated" in shown()


@pytest.mark.django_db
def test_values_that_are_hidden_are_listed_in_their_order(settings):
    settings.AURA_ENV_RUNG = {"AURA_L1_MODEL": "env/model"}
    settings.AURA_DOTENV_RUNG = {"AURA_L1_MODEL": "file/model"}
    activated("Budget")

    assert (
        "hides 3 values env/model AURA_L1_MODEL in the environment "
        "file/model AURA_L1_MODEL in .env "
        "mistralai/mistral-7b-instruct the built-in default"
    ) in shown()


@pytest.mark.django_db
def test_ladder_marks_each_rung(settings):
    settings.AURA_ENV_RUNG = {"AURA_L1_MODEL": "no model"}
    settings.AURA_DOTENV_RUNG = {"AURA_L1_MODEL": "file/model"}

    rungs = cards(live.load().selection, {})[0].model.rungs

    assert [rung.state for rung in rungs] == ["unset", "refused", "serves", "hidden"]


@pytest.mark.django_db
def test_refused_value_is_told_on_its_card_and_asks_for_attention(settings):
    settings.AURA_ENV_RUNG = {"AURA_L1_MODEL": "no model"}

    text = shown()

    assert "▲ Needs attention Every layer has a provider; 1 thing to mend." in text
    assert "AURA_L1_MODEL in the environment was refused" in text
    assert "Change AURA_L1_MODEL in the environment and restart" in text


@pytest.mark.django_db
def test_layers_whose_provider_has_no_key_cannot_answer(settings):
    settings.AURA_PROVIDERS = registry(key="")
    activated("Hybrid")

    text = shown()

    assert "✕ Cannot answer Calls to L2, L3 and Embedding fail" in text
    assert "OpenRouter for L2, L3 and Embedding No key set." in text
    assert "set OPENROUTER_API_KEY" in text


@pytest.mark.usefixtures("_away")
def test_layers_without_a_key_come_before_the_database(settings):
    settings.AURA_PROVIDERS = registry(key="")

    assert (
        "Calls to every layer fail until this is mended. The database is away too."
        in (shown())
    )


@pytest.mark.django_db
def test_refresh_asks_for_the_fragment():
    assert 'data-source="/status/?fragment=1"' in page()


def test_model_id_may_wrap_after_slash_and_hyphen_only():
    assert breakable("a/b-c.1") == "a/<wbr>b-<wbr>c.1<wbr>"


def test_model_id_is_escaped_where_it_may_wrap():
    assert breakable("</b>") == "&lt;/<wbr>b&gt;<wbr>"


@pytest.mark.parametrize(
    ("passed", "said"),
    [
        (timedelta(seconds=59), "just now"),
        (timedelta(seconds=-5), "just now"),
        (timedelta(hours=3, minutes=20), "3 hours ago"),
        (timedelta(days=1, hours=1), "1 day ago"),
    ],
)
def test_times_are_told_in_their_largest_unit(passed, said):
    now = datetime(2026, 11, 22, 12, tzinfo=UTC)

    assert ago(now - passed, now).replace("\xa0", " ") == said
