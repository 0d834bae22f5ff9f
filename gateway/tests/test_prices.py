"""Costs by the price table: the one that came with Aura, and the one that was fetched."""

import json
import logging
import stat
from datetime import date
from decimal import Decimal

import pytest

from gateway.records import prices
from gateway.records.price_table import TableUnusable, read_table, write_table
from gateway.records.prices import PACKAGED, PriceBook, cost_of, keep
from providers.listed_model import Kind, ListedModel
from providers.registry import Registry
from providers.shipped import local, named, offline, openrouter
from providers.tests.catalogue import KEY

OPENROUTER = openrouter("", KEY)
MODEL = "anthropic/claude-3.5-sonnet"  # 3 USD for a million tokens sent, 15 answered


@pytest.fixture(autouse=True)
def book(monkeypatch, tmp_path, settings) -> PriceBook:
    """The prices of a process that has loaded none yet, with a data folder of its own."""
    settings.AURA_DATA_DIR = tmp_path
    book = PriceBook()
    monkeypatch.setattr(prices, "BOOK", book)
    return book


@pytest.fixture
def warnings(caplog):
    caplog.set_level(logging.WARNING, logger="gateway.records.prices")
    return lambda: caplog.messages


def fetched(tmp_path, day="2999-01-01", **prices_of):
    found = {name.replace("_", "/"): price for name, price in prices_of.items()}
    write_table(tmp_path / "prices.json", date=day, source="a test", prices=found)


# What a call costs.


def test_a_cost_is_the_tokens_times_their_prices():
    assert cost_of(MODEL, 1_000_000, 0) == pytest.approx(3)
    assert cost_of(MODEL, 0, 1_000_000) == pytest.approx(15)
    assert cost_of(MODEL, 120, 350) == pytest.approx(0.00561, abs=1e-15)


@pytest.mark.parametrize("sent", [1, 7, 1_234_567, 2**31 - 1])
def test_a_cost_is_exact_to_ten_places(sent):
    exact = sent * Decimal("0.000003") + 333 * Decimal("0.000015")

    cost = cost_of(MODEL, sent, 333)
    assert cost is not None and abs(Decimal(cost) - exact) < Decimal("5e-11")


@pytest.fixture
def servers(settings):
    """OpenRouter, one that takes a key, and three that take none."""
    found = (
        *(OPENROUTER, named("groq", "https://groq.example/v1", "a-key")),
        *(named("vllm", "http://127.0.0.1:8000/v1", "none"), local("", "", "", {})),
        offline("http://127.0.0.1:1/v1", "http://127.0.0.1:2/v1"),
    )
    settings.AURA_PROVIDERS = Registry({server.name: server for server in found})


@pytest.mark.parametrize("tokens", [(120, 350), (120, None), (None, None)])
@pytest.mark.parametrize("name", ["local/phi-3-mini-4k", "offline/x", "vllm/qwen"])
def test_a_call_to_a_server_that_takes_no_key_costs_nothing(servers, name, tokens):
    assert cost_of(name, *tokens) == 0


@pytest.mark.usefixtures("servers")
@pytest.mark.parametrize("name", ["who/knows", "groq/llama", ""])
def test_a_model_that_is_not_in_the_table_costs_nobody_knows_what(name):
    assert cost_of(name, 100, 100) is None


@pytest.mark.parametrize("tokens", [(None, None), (None, 5), (5, None)])
def test_tokens_that_nobody_counted_cost_nobody_knows_what(tokens):
    assert cost_of(MODEL, *tokens) is None


def test_an_embedding_has_no_answer_to_count():
    assert cost_of("openai/text-embedding-3-small", 1_000_000, None) == 0.02


def test_what_is_free_is_known_to_cost_nothing():
    assert cost_of("deepseek/deepseek-chat:free", 5, 5) == 0.0
    assert cost_of("deepseek/deepseek-chat:free", None, None) is None


# The table that comes with Aura.


def test_the_packaged_table_says_where_it_is_from_and_is_small():
    text = PACKAGED.read_text()
    table = json.loads(text)

    assert date.fromisoformat(table["date"]) >= date(2026, 11, 1)
    assert table["source"] and table["version"] and table["licence"] == "MIT"
    assert "Permission is hereby granted" in table["notice"]
    assert list(table["prices"]) == sorted(table["prices"])


def test_every_packaged_price_is_a_decimal_of_less_than_a_cent():
    for name, pair in json.loads(PACKAGED.read_text())["prices"].items():
        assert "/" in name and len(pair) == 2
        for price in pair:
            assert isinstance(price, str) and 0 <= Decimal(price) < Decimal("0.01"), (
                name
            )


# The table in the data folder.


def test_a_fetched_price_is_taken_while_the_process_runs(book, tmp_path):
    book.look()
    assert book.of("a/new") is None

    fetched(tmp_path, a_new=("0.5", "0.25"))
    book.look()
    assert cost_of("a/new", 2, 4) == 2.0

    fetched(tmp_path, a_new=("0.25", "0.25"))
    book.look()
    assert cost_of("a/new", 2, 4) == 1.5


def test_a_model_that_the_fetched_table_lacks_keeps_its_price(book, tmp_path):
    fetched(tmp_path, a_new=("1", "1"))

    book.look()

    assert cost_of(MODEL, 1_000_000, 0) == pytest.approx(3)


def test_of_two_prices_the_newer_counts(book, tmp_path):
    fetched(tmp_path, **{MODEL.replace("/", "_"): ("1", "1")})
    book.look()
    assert book.of(MODEL) == (1.0, 1.0)

    fetched(tmp_path, day="2001-01-01", **{MODEL.replace("/", "_"): ("1", "1")})
    book.look()
    assert book.of(MODEL) == (0.000003, 0.000015)


def test_a_table_that_is_deleted_leaves_the_packaged_one(book, tmp_path):
    fetched(tmp_path, a_new=("1", "1"))
    book.look()

    (tmp_path / "prices.json").unlink()
    book.look()

    assert book.of("a/new") is None and book.of(MODEL)


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "{}", '{"date": "x", "prices": {"a/b": ["1"]}}', "\0"]
)
def test_a_damaged_table_is_said_once_and_the_packaged_one_serves(
    book, tmp_path, warnings, text
):
    (tmp_path / "prices.json").write_text(text)

    book.look()
    book.look()

    assert book.of(MODEL)
    [line] = warnings()
    assert "is no table of prices. Costs go by the prices that came with Aura." in line


def test_nothing_is_read_again_while_the_file_is_the_same(book, tmp_path):
    fetched(tmp_path, a_new=("1", "1"))
    book.look()
    before = book._prices

    book.look()

    assert book._prices is before


def test_a_table_that_cannot_be_read_says_why(tmp_path):
    with pytest.raises(TableUnusable, match="cannot be read: No such file"):
        read_table(tmp_path / "none.json")


# Prices that come with a list of models.


def models(**prices_of):
    return [
        ListedModel(name.replace("_", "/"), name, Kind.CHAT, price=price)
        for name, price in prices_of.items()
    ]


def test_the_prices_of_openrouters_list_are_kept(tmp_path, book):
    found = models(a_new=("0.5", "0.25"), a_auto=None)

    assert keep(OPENROUTER, found) == 1

    table = json.loads((tmp_path / "prices.json").read_text())
    assert table["prices"] == {"a/new": ["0.5", "0.25"]}
    assert table["source"] == "https://openrouter.ai" and table["date"] >= "2026"
    book.look()
    assert cost_of("a/new", 2, 4) == 2.0


def test_the_file_is_for_its_owner_only_and_has_no_key(tmp_path):
    keep(OPENROUTER, models(a_new=("0", "0")))

    assert stat.S_IMODE((tmp_path / "prices.json").stat().st_mode) == 0o600
    assert KEY not in (tmp_path / "prices.json").read_text()


def test_a_list_without_prices_and_that_of_another_provider_change_nothing(tmp_path):
    keep(OPENROUTER, models(a_new=("0.5", "0.25")))
    before = (tmp_path / "prices.json").read_bytes()

    assert keep(OPENROUTER, models(a_new=None)) == keep(OPENROUTER, []) == 0
    assert keep(named("groq", "", KEY), models(a_new=("1", "1"))) == 0

    assert (tmp_path / "prices.json").read_bytes() == before


def test_a_write_that_fails_leaves_no_file_behind(tmp_path):
    broken = {"a": ("\ud800", "0")}  # cannot be written as JSON

    with pytest.raises(TypeError):
        write_table(tmp_path / "prices.json", date="x", source="x", prices=broken)

    assert not list(tmp_path.iterdir())
