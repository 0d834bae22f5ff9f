"""The catalogue as it is asked: what is listed, as of when, and what there is to say of a
model that is not."""

from datetime import timedelta

import pytest
from django.utils import timezone

from brains.catalogue.catalogue import load, today
from brains.catalogue.findings import finding
from brains.catalogue.models import CatalogueSource
from brains.catalogue.wording import about
from brains.tests.cataloguing import listed, providers, read
from providers.listed_model import Kind
from providers.shipped_models import shipped_models

pytestmark = pytest.mark.django_db
GONE = "anthropic/claude-3.5-sonnet"


@pytest.fixture(autouse=True)
def _providers(settings):
    settings.AURA_PROVIDERS = providers()


def said(model_id, kind=Kind.CHAT):
    found = finding(load(), model_id, kind)
    return found.sentence if found else ""


def in_days(days):
    return today() + timedelta(days=days)


def test_what_was_read_is_listed():
    read("a/one", listed("a/vectors", kind=Kind.EMBEDDING))

    assert load().find("a/one") and not load().find("a/two")
    assert load().said == f"OpenRouter: Catalogue of {today()}."
    assert said("a/one") == ""


def test_what_is_gone_is_said_with_the_nearest():
    read(GONE, days_ago=1)
    read("anthropic/claude-sonnet-5", "anthropic/claude-opus-5", "b/other")

    assert said(GONE) == (
        f"{GONE} is no longer listed; nearest: anthropic/claude-sonnet-5, "
        f"anthropic/claude-opus-5. Catalogue of {today()}."
    )


def test_what_was_never_there_is_said_otherwise():
    read("anthropic/claude-sonnet-5")

    assert said("anthropic/claude-sonnet-6").startswith(
        "anthropic/claude-sonnet-6 is not listed; nearest: anthropic/claude-sonnet-5."
    )
    assert said("no/such") == f"no/such is not listed. Catalogue of {today()}."


def test_before_any_list_was_read_the_shipped_one_serves():
    day = shipped_models().day

    assert load().said == f"OpenRouter: Catalogue of {day}, shipped."
    assert said("deepseek/deepseek-chat") == ""
    assert said(GONE).startswith(f"{GONE} is no longer listed; nearest: anthropic/")
    assert said(GONE).endswith(f"Catalogue of {day}, shipped.")


def test_the_shipped_list_speaks_for_openrouter_alone(settings):
    settings.AURA_PROVIDERS = providers("http://127.0.0.1:9/v1")

    assert load().said == "The catalogue is empty: no provider was read yet."
    assert said(GONE) == ""


def test_a_list_that_is_old_says_so():
    read("a/one", days_ago=30)

    assert said("a/two").endswith(f"Catalogue of {in_days(-30)}, old.")
    assert not load().readings["openrouter"].is_current


@pytest.mark.parametrize("model_id", ["local/x", "offline/x", "groq/x", "none"])
def test_what_nobody_can_know_is_not_warned_about(model_id):
    read("phi3:mini", provider="local")

    assert said(model_id) == ""


def test_a_provider_that_was_read_is_judged_by_its_own_list():
    read("llama-3.3-70b", "llama-guard", provider="groq")
    read("meta-llama/llama-3.3-70b")

    assert said("groq/llama-3.3-70b") == ""
    assert said("groq/llama-3.2").startswith(
        "groq/llama-3.2 is not listed; nearest: groq/llama-3.3-70b, groq/llama-guard."
    )


def test_an_embedded_model_that_is_not_there_is_said_with_those_that_are():
    vectors = listed("multilingual-e5-small", kind=Kind.EMBEDDING)
    read("smollm2-135m", vectors, provider="offline")

    assert said("offline/smollm2-135m") == ""
    assert said("offline/multilingual-e5-small", Kind.EMBEDDING) == ""
    assert said("offline/smollm2-13m").startswith(
        "offline/smollm2-13m is not listed; nearest: offline/smollm2-135m."
    )
    assert said("offline/multilingual-e5", Kind.EMBEDDING).startswith(
        "offline/multilingual-e5 is not listed; nearest: offline/multilingual-e5-small."
    )


def test_a_list_without_embeddings_says_nothing_of_them():
    read("a/one")

    assert said("a/vectors", Kind.EMBEDDING) == "" and said("a/vectors")


def test_a_provider_that_is_set_up_no_more_says_nothing(settings):
    read("x", provider="groq")
    settings.AURA_PROVIDERS = type(providers())(
        {name: p for name, p in providers().items() if name != "groq"}
    )

    assert "groq" not in load().readings and not load().find("groq/x")


@pytest.mark.parametrize("suffix", ["nitro", "floor", "online"])
def test_openrouters_ways_to_choose_belong_to_the_listed_model(suffix):
    read("a/one")

    assert said(f"a/one:{suffix}") == ""
    assert said(f"a/two:{suffix}") and said("a/one:free")


def test_the_exact_version_of_a_listed_model_is_listed():
    read(listed("a/one", slug="a/one-20260901"))

    assert said("a/one-20260901") == "" and said("a/one-20250101")


def test_a_name_that_means_another_there_is_found_by_that():
    read("phi3:mini", provider="local")

    assert load().find("local/phi-3-mini-4k") == load().find("local/phi3:mini")


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        (31, ""),
        (30, "leaves OpenRouter on {}, in 30 days; nearest: a/three"),
        (1, "leaves OpenRouter on {}, in 1 day; nearest: a/three"),
        (0, "leaves OpenRouter on {}, today; nearest: a/three"),
        (-1, "was to leave OpenRouter on {}; nearest: a/three"),
    ],
)
def test_an_expiry_within_thirty_days_is_said(days, expected):
    day = in_days(days)
    read(listed("a/one", expires_on=day), listed("a/two", expires_on=day), "a/three")

    start = f"a/one {expected.format(day)}." if expected else ""
    assert said("a/one").startswith(start) and bool(said("a/one")) is bool(expected)


def test_nearest_are_of_the_same_kind_and_answer_in_text():
    read(
        listed("a/x-image", output_modalities=("image",)),
        listed("a/x-vectors", kind=Kind.EMBEDDING),
        listed("a/x-text", output_modalities=("text",)),
    )

    assert "nearest: a/x-text." in said("a/x")
    assert "nearest: a/x-vectors." in said("a/x", Kind.EMBEDDING)


def test_a_trouble_is_known_with_the_list_that_stays():
    read("a/one")
    CatalogueSource.objects.update(trouble="OpenRouter could not be reached.")

    assert load().readings["openrouter"].trouble == "OpenRouter could not be reached."
    assert load().find("a/one")


def test_all_rows_are_read_once_for_each_list(django_assert_num_queries):
    read("a/one")
    with django_assert_num_queries(2):
        load()
    with django_assert_num_queries(1):
        assert load().find("a/one")

    CatalogueSource.objects.update(read_at=timezone.now())
    with django_assert_num_queries(2):
        assert not load().find("a/one")


def test_search_finds_every_word_in_id_or_name_and_what_begins_so_first():
    read("b/claude-opus", "claude/x", listed("a/y", name="Claude Opus"), "a/opus")

    assert [m.id for m in load().search("CLAUDE", Kind.CHAT)] == [
        "claude/x",
        "a/y",
        "b/claude-opus",
    ]
    assert [m.id for m in load().search("opus claude", Kind.CHAT)] == [
        "a/y",
        "b/claude-opus",
    ]
    assert load().search("claude", Kind.EMBEDDING) == []


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({}, ""),
        ({"price": ("0", "0")}, "free"),
        ({"price": ("0.00000002", "0")}, "$0.02 per million tokens"),
        (
            {"price": ("0.0000002574", "0.000015"), "context_length": 163840},
            "$0.26 in, $15.00 out per million tokens · 164k context",
        ),
        ({"context_length": 1_048_576}, "1M context"),
        ({"context_length": 1_500_000}, "1.5M context"),
        ({"context_length": 4096}, "4.1k context"),
        ({"price": ("0.00000000001", "0")}, "under $0.0001 per million tokens"),
    ],
)
def test_price_and_context_are_said_in_few_words(facts, words):
    assert about(listed("a/one", **facts)) == words
