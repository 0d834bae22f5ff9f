"""The prices of a provider's models, fetched for real, and what is no price left out."""

from collections.abc import Iterator
from decimal import Decimal

import pytest

from providers import price_list
from providers.price_list import NoPriceList, fetch
from providers.shipped import openrouter
from providers.tests.catalogue import KEY, Catalogue, model
from tests.ports import free_port


@pytest.fixture
def catalogue() -> Iterator[Catalogue]:
    with Catalogue() as catalogue:
        yield catalogue


def test_prices_of_chat_and_embeddings_are_decimals_as_they_were_sent(catalogue):
    catalogue.pages["/v1/models"] = [model("a/one", "0.0000001", "0.00000025")]

    found = fetch(openrouter(catalogue.url, KEY))

    assert dict(found.prices) == {
        "a/one": ("0.0000001", "0.00000025"),
        "a/vectors": ("0.00000002", "0"),
    }
    assert found.ignored == 0
    assert [path for path, _ in catalogue.heard] == [
        "/v1/models",
        "/v1/embeddings/models",
    ]


def test_the_key_is_sent_where_there_is_one(catalogue):
    fetch(openrouter(catalogue.url, KEY))
    fetch(openrouter(catalogue.url, ""))

    assert [key for _, key in catalogue.heard] == [f"Bearer {KEY}"] * 2 + [""] * 2


def test_a_price_is_written_out_whatever_its_form(catalogue):
    catalogue.pages["/v1/models"] = [model("a/one", "3e-7", "0")]

    found = fetch(openrouter(catalogue.url, KEY)).prices["a/one"]

    assert found == ("0.0000003", "0") and Decimal(found[0]) == Decimal("3e-7")


@pytest.mark.parametrize(
    "price", ["-1", "", "free", "NaN", "Infinity", None, 1, [], "7", "1" * 50, "0x1"]
)
def test_what_is_no_price_is_left_out_and_counted(catalogue, price):
    catalogue.pages["/v1/models"] = [
        model("a/sent", sent=price),
        model("a/one"),
        model("a/answered", answered=price),
    ]

    found = fetch(openrouter(catalogue.url, KEY))

    assert set(found.prices) == {"a/one", "a/vectors"} and found.ignored == 2


@pytest.mark.parametrize(
    "entry", [None, 7, {}, {"id": 7}, {"id": "a/two"}, model(""), model("x" * 201)]
)
def test_what_is_no_model_is_left_out_and_counted(catalogue, entry):
    catalogue.pages["/v1/models"] = [entry, model("a/one")]

    found = fetch(openrouter(catalogue.url, KEY))

    assert set(found.prices) == {"a/one", "a/vectors"} and found.ignored == 1


def test_a_provider_may_have_no_list_of_embeddings(catalogue):
    catalogue.pages["/v1/embeddings/models"] = 404

    assert set(fetch(openrouter(catalogue.url, KEY)).prices) == {"a/one"}


@pytest.mark.parametrize(
    ("page", "reason"),
    [
        (500, "OpenRouter answered /models with status 500."),
        (404, "OpenRouter answered /models with status 404."),
        (b"<html>", "OpenRouter answered /models with no list of models."),
        (b"[]", "OpenRouter answered /models with no list of models."),
        (b'{"data": {}}', "OpenRouter answered /models with no list of models."),
    ],
)
def test_no_list_is_said_in_a_sentence(catalogue, page, reason):
    catalogue.pages["/v1/models"] = page

    with pytest.raises(NoPriceList) as refused:
        fetch(openrouter(catalogue.url, KEY))

    assert str(refused.value) == reason


def test_a_list_without_a_single_price_is_none(catalogue):
    catalogue.pages = {
        "/v1/models": [model("a/one", "-1")],
        "/v1/embeddings/models": [],
    }

    with pytest.raises(NoPriceList, match="no price that can be used"):
        fetch(openrouter(catalogue.url, KEY))


def test_a_redirect_is_not_followed(catalogue):
    catalogue.pages["/v1/models"], catalogue.redirect = 302, catalogue.url + "/other"

    with pytest.raises(NoPriceList, match="status 302"):
        fetch(openrouter(catalogue.url, KEY))

    assert len(catalogue.heard) == 1


def test_an_endless_list_is_not_read_to_its_end(catalogue, monkeypatch):
    monkeypatch.setattr(price_list, "BODY_MAX", 1000)
    catalogue.pages["/v1/models"] = b"x" * 2000

    with pytest.raises(NoPriceList, match="too much"):
        fetch(openrouter(catalogue.url, KEY))


@pytest.mark.parametrize("key", [KEY, KEY + "\nX: y", KEY + "é"])
def test_a_provider_that_is_not_there_is_said_without_its_key(key):
    provider = openrouter(f"http://127.0.0.1:{free_port()}/v1", key)

    with pytest.raises(NoPriceList, match="could not be reached") as refused:
        fetch(provider)

    assert KEY not in str(refused.value)


def test_an_address_that_is_none_is_said():
    with pytest.raises(NoPriceList, match="OPENROUTER_BASE_URL must be an http"):
        fetch(openrouter("ftp://127.0.0.1", KEY))
