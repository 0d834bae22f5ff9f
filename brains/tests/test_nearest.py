"""Which models are nearest to an id that is gone, judged on the real list that is shipped."""

import pytest

from brains.catalogue.nearest import family, nearest
from providers.listed_model import Kind, ListedModel
from providers.shipped_models import shipped_models

CHAT = [model for model in shipped_models().models if model.kind is Kind.CHAT]


def of(*ids):
    return [ListedModel(model_id, model_id, Kind.CHAT) for model_id in ids]


@pytest.mark.parametrize(
    ("gone", "stem"),
    [
        ("anthropic/claude-3.5-sonnet", "anthropic/claude-sonnet-"),
        ("anthropic/claude-3-opus", "anthropic/claude-opus-"),
        ("google/gemma-7b-it", "google/gemma-"),
        ("mistralai/mistral-7b-instruct", "mistralai/mistral-"),
        ("openai/o1-mini", "openai/"),
    ],
)
def test_a_retired_model_has_three_of_its_family(gone, stem):
    found = nearest(gone, CHAT)

    assert len(found) == 3 and all(each.startswith(stem) for each in found)


def test_the_family_counts_before_the_spelling():
    assert nearest("google/gemini-flash-1.5", CHAT)[0] == "google/gemini-2.5-flash"
    found = nearest(
        "a/claude-3.5-sonnet", of("a/claude-3.5-opus", "a/new-sonnet-claude")
    )
    assert found == ("a/new-sonnet-claude", "a/claude-3.5-opus")


def test_the_author_counts_before_the_family():
    assert nearest("a/x-sonnet", of("b/x-sonnet", "a/y"))[0] == "a/y"


def test_a_slip_in_the_author_finds_the_model_that_was_meant():
    assert nearest("antropic/claude-sonnet-4.5", CHAT)[0] == (
        "anthropic/claude-sonnet-4.5"
    )


def test_with_some_of_the_family_others_of_the_author_are_not_near():
    assert nearest("a/x-yy-1", of("a/x-yy-2", "a/zz", "b/yy-zz-1")) == ("a/x-yy-2",)


def test_the_same_edition_comes_first():
    found = nearest("a/x-1:free", of("a/x-1", "a/x-2:free"))

    assert found == ("a/x-2:free", "a/x-1")


@pytest.mark.parametrize("name", ["no/such", "zzz", "x" * 200])
def test_of_what_is_like_nothing_nothing_is_near(name):
    assert nearest(name, CHAT) == ()


def test_with_no_models_there_is_none():
    assert nearest("a/b", []) == ()


def test_versions_sizes_and_training_are_no_family():
    assert family("meta-llama/Llama-3.1-70b-Instruct:free") == {"llama"}
    assert family("qwen/qwen3-coder") == {"qwen", "coder"}
