"""The lists of providers come into the catalogue, and whatever a provider does, what was
known of the others, and of itself, stays."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from brains import activation
from brains.canary import changes as canary_changes
from brains.catalogue import refresh as refreshing
from brains.catalogue.catalogue import load
from brains.catalogue.models import CatalogueModel, CatalogueSource
from brains.catalogue.refresh import due, refresh
from brains.models import ModelPreset
from brains.tests.cataloguing import KEY, listed, providers, read
from brains.tests.records import ANN, preset
from providers.registry import Registry
from providers.tests.catalogue import Catalogue, model
from tests.upstream.hostile import HostileServer, drips

pytestmark = pytest.mark.django_db
WITHIN_S = 5.0


@pytest.fixture
def server(settings) -> Iterator[Catalogue]:
    """A server that stands in for OpenRouter; nothing else is reached."""
    with Catalogue() as server:
        settings.AURA_PROVIDERS = providers(server.url)
        yield server


def asked(settings, *names, within_s=WITHIN_S):
    chosen = [settings.AURA_PROVIDERS[name] for name in names or ["openrouter"]]
    return {r.provider.name: r for r in refresh(chosen, within_s)}


def rows():
    return {row.model_id: row for row in CatalogueModel.objects.all()}


def test_a_list_becomes_rows(server, settings):
    server.pages["/v1/models"] = [
        model(
            "a/one",
            "0.0000003",
            "0.0000015",
            name="A: One",
            context_length=131072,
            architecture={"input_modalities": ["text"], "output_modalities": ["text"]},
            supported_parameters=["tools"],
            expiration_date="2026-12-20",
        )
    ]

    report = asked(settings)["openrouter"]

    assert (report.count, report.left_out, report.trouble) == (2, 0, "")
    one, vectors = rows()["a/one"], rows()["a/vectors"]
    assert (one.name, one.kind, one.provider) == ("A: One", "chat", "openrouter")
    assert (one.price_in, one.price_out) == ("0.0000003", "0.0000015")
    assert (one.context_length, one.expires_on) == (131072, date(2026, 12, 20))
    assert one.input_modalities == one.output_modalities == ["text"]
    assert one.supported_parameters == ["tools"]
    assert vectors.kind == "embedding"
    source = CatalogueSource.objects.get()
    assert source.read_at == one.seen_at == vectors.seen_at and source.trouble == ""


def test_a_second_list_replaces_what_changed_and_keeps_what_is_gone(server, settings):
    asked(settings)
    first = rows()["a/one"]
    server.pages["/v1/models"] = [model("a/two"), model("a/three")]
    server.pages["/v1/embeddings/models"] = [model("a/vectors", "0.5", "0")]

    asked(settings)

    assert set(rows()) == {"a/one", "a/two", "a/three", "a/vectors"}
    assert rows()["a/one"].seen_at == first.seen_at
    assert rows()["a/vectors"].price_in == "0.5"
    assert set(load().models) == {"a/two", "a/three", "a/vectors"}
    assert "a/one" in load().gone


def test_what_is_gone_for_long_is_forgotten(server, settings):
    read("a/ancient", days_ago=200)

    asked(settings)

    assert "a/ancient" not in rows()


def test_ids_of_other_providers_have_their_prefix(settings):
    with Catalogue() as server:
        server.pages["/v1/models"] = [{"id": "llama-3"}]
        settings.AURA_PROVIDERS = providers(groq_url=server.url)

        asked(settings, "groq")

    assert set(rows()) == {"groq/llama-3"}


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", "a b", "../x", "groq/x"])
def test_what_no_preset_can_name_there_is_left_out(server, settings, name):
    server.pages["/v1/models"] = [model("a/one"), model(name)]

    report = asked(settings)["openrouter"]

    assert set(rows()) == {"a/one", "a/vectors"} and report.left_out == 1


@pytest.mark.parametrize("page", [500, b"<html>", b"{", [], [{"name": "no id"}]])
def test_a_provider_in_trouble_keeps_its_old_rows(server, settings, page):
    asked(settings)
    before, catalogue = rows(), load()
    server.pages = {"/v1/models": page, "/v1/embeddings/models": []}

    report = asked(settings)["openrouter"]

    assert report.trouble and report.count == 0
    assert rows() == before and load().models.keys() == catalogue.models.keys()
    source = CatalogueSource.objects.get()
    assert source.trouble == report.trouble and source.read_at is not None


def test_a_provider_that_is_away_delays_no_other(server, settings):
    reports = asked(settings, "groq", "openrouter")

    assert reports["groq"].trouble.startswith("groq could not be reached")
    assert reports["openrouter"].count == 2
    assert KEY not in CatalogueSource.objects.get(provider="groq").trouble


def test_a_head_that_is_dripped_is_not_waited_for(settings):
    with HostileServer(drips(b"HTTP/1.1 200 OK\r\n" * 50, every_s=0.05)) as server:
        settings.AURA_PROVIDERS = providers(server.url)

        report = asked(settings, within_s=0.3)["openrouter"]

    assert report.trouble == "OpenRouter did not answer in time."


def test_texts_that_a_database_refuses_are_cleaned(server, settings):
    server.pages["/v1/models"] = [
        model("a/one", name="A\x00 \ud83d\ude00" + "x" * 9000)
    ]

    asked(settings)

    assert rows()["a/one"].name.startswith("A ") and len(rows()["a/one"].name) <= 200


def test_only_what_is_set_up_and_not_read_lately_is_due(settings):
    settings.AURA_PROVIDERS = providers()
    assert [p.name for p in due()] == ["openrouter", "groq", "local", "offline"]

    read("a/one")
    read("x", provider="groq", days_ago=0.5)
    assert [p.name for p in due()] == ["groq", "local", "offline"]


def test_one_that_could_not_be_read_is_due_again_soon(settings):
    settings.AURA_PROVIDERS = providers()
    tried_at = timezone.now() - timedelta(minutes=20)
    source = CatalogueSource(provider="groq", tried_at=tried_at, trouble="away")
    source.save()
    assert "groq" not in [p.name for p in due()]

    source.tried_at -= refreshing.AGAIN
    source.save()
    assert "groq" in [p.name for p in due()]


def test_a_large_list_is_written_in_batches(server, settings, monkeypatch):
    monkeypatch.setattr(refreshing, "BATCH", 7)
    server.pages["/v1/models"] = [model(f"a/{n}") for n in range(50)]

    assert asked(settings)["openrouter"].count == 51
    assert asked(settings)["openrouter"].count == 51


def test_a_row_gives_back_what_was_listed():
    whole = listed(
        "a/one",
        name="One",
        price=("0.1", "0.2"),
        context_length=8,
        input_modalities=("text",),
        output_modalities=("text",),
        parameters=("tools",),
        expires_on=date(2026, 12, 20),
        slug="a/one-1",
    )
    read(whole)

    assert rows()["a/one"].as_listed() == whole


@pytest.fixture
def told(settings, caplog):
    """Refresh a local server that is away, at the address where it is by default, and return
    what the log says."""
    local = replace(providers()["local"], is_presumed=True)
    settings.AURA_PROVIDERS = Registry({**providers(), "local": local})
    caplog.set_level("INFO", logger="brains.catalogue")

    def refreshed():
        caplog.clear()
        asked(settings, "local")
        return caplog.messages

    return refreshed


AWAY = [
    "The models of local were not read. Local could not be reached (ConnectionError)."
]


def test_nothing_is_logged_of_a_server_that_nobody_set_up(told):
    assert told() == []
    assert CatalogueSource.objects.get().trouble


def test_one_that_was_set_up_is_logged(told, settings):
    settings.AURA_PROVIDERS = providers()

    assert told() == AWAY


def test_one_that_has_answered_before_is_logged(told):
    read("phi3:mini", provider="local")

    assert told() == AWAY


@pytest.mark.parametrize("field", ["l1_model", "l2_fallback"])
def test_one_that_is_in_use_is_logged(told, field):
    fields = {"name": "Ours", "slug": "ours", field: "local/x"}
    activation.activate(ModelPreset.objects.create(**fields), ANN)

    assert told() == AWAY


def test_one_that_a_canary_tries_is_logged(told):
    activation.activate(preset("Budget"), ANN)
    canary_changes.start(preset("Hybrid"), Decimal(10), ANN)

    assert told() == AWAY
