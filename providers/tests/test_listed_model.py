"""One model of a list: what is read of it, and what cannot be read is unknown."""

from datetime import date
from decimal import Decimal

import pytest

from providers.listed_model import NUMBER_MAX, Kind, listed_model, ollama_model
from providers.tests.catalogue import model

WHOLE = model(
    "a/one",
    "0.0000003",
    "0.0000015",
    name="A: One",
    canonical_slug="a/one-20260901",
    context_length=131072,
    architecture={
        "input_modalities": ["text", "image"],
        "output_modalities": ["text"],
    },
    supported_parameters=["tools", "response_format"],
    expiration_date="2026-12-20",
)


def read(**changes):
    found = listed_model({**WHOLE, **changes})
    assert found is not None
    return found


def test_all_that_openrouter_says_is_read():
    found = read()

    assert (found.id, found.name, found.kind) == ("a/one", "A: One", Kind.CHAT)
    assert found.price == ("0.0000003", "0.0000015")
    assert found.context_length == 131072
    assert found.input_modalities == ("text", "image")
    assert found.output_modalities == ("text",)
    assert found.parameters == ("tools", "response_format")
    assert found.expires_on == date(2026, 12, 20)
    assert found.slug == "a/one-20260901"


def test_of_an_id_alone_nothing_else_is_known():
    found = listed_model({"id": "a/one"})

    assert found is not None
    assert (found.name, found.price, found.context_length) == ("a/one", None, None)
    assert (found.expires_on, found.parameters, found.slug) == (None, (), "")


def test_a_price_is_written_out_whatever_its_form():
    price = read(pricing={"prompt": "3e-7", "completion": "0"}).price

    assert price == ("0.0000003", "0") and Decimal(price[0]) == Decimal("3e-7")


@pytest.mark.parametrize(
    "price",
    ["-1", "", "free", "NaN", "Infinity", None, 1, [], "7", "1" * 50, "0x1", "1e-99"],
)
def test_what_is_no_price_is_unknown(price):
    assert read(pricing={"prompt": price, "completion": "0"}).price is None
    assert read(pricing={"prompt": "0", "completion": price}).price is None
    assert read(pricing=price).price is None


@pytest.mark.parametrize(
    "key", ["context_length", "context_window", "max_model_len", "max_context_length"]
)
def test_the_context_has_a_name_with_each_kind_of_server(key):
    found = listed_model({"id": "a", key: 8192})

    assert found is not None and found.context_length == 8192


@pytest.mark.parametrize("number", [0, -1, True, "8192", 1.5, NUMBER_MAX + 1, [8192]])
def test_what_is_no_context_is_unknown(number):
    assert read(context_length=number).context_length is None


@pytest.mark.parametrize("day", ["", "soon", "2026-13-01", 20261220, None, "x" * 999])
def test_what_is_no_day_is_no_expiry(day):
    assert read(expiration_date=day).expires_on is None


def test_a_time_expires_on_its_day():
    assert read(expiration_date="2026-12-20T10:00:00Z").expires_on == date(2026, 12, 20)


@pytest.mark.parametrize("words", [None, "tools", 7, {}, [7, "a b", "<b>", "x" * 41]])
def test_what_is_no_list_of_words_is_empty(words):
    found = read(supported_parameters=words, architecture={"input_modalities": words})

    assert found.parameters == () and found.input_modalities == ()


def test_a_name_has_no_control_characters_and_an_end():
    assert read(name="A\x00\u202e\n One").name == "A One"
    assert len(read(name="x" * 10_000).name) == 200
    assert read(name="\x00").name == read(name=7).name == "a/one"


@pytest.mark.parametrize(
    ("entry", "kind"),
    [
        ({"id": "text-embedding-3-small"}, Kind.EMBEDDING),
        ({"id": "bge", "type": "embedding"}, Kind.EMBEDDING),
        (
            {"id": "e5", "architecture": {"output_modalities": ["embeddings"]}},
            "embedding",
        ),
        ({"id": "gpt-4o", "type": "chat"}, Kind.CHAT),
    ],
)
def test_the_kind_is_guessed_where_the_list_has_none(entry, kind):
    found = listed_model(entry)

    assert found is not None and found.kind == kind


@pytest.mark.parametrize("entry", [None, 7, [], {}, {"name": 7}, {"name": ""}])
def test_a_tag_that_names_nothing_is_none(entry):
    assert ollama_model(entry) is None
