"""The catalogue is read in the background and by a command, each provider for itself, and the
prices of OpenRouter's models go with it."""

import json
import logging
from collections.abc import Iterator
from dataclasses import replace
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from brains.catalogue.models import CatalogueModel, CatalogueSource
from brains.tests.cataloguing import KEY, providers
from gateway.background import tasks
from providers.tests.catalogue import Catalogue, model

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def server(settings, tmp_path) -> Iterator[Catalogue]:
    """A server that stands in for OpenRouter, and a data folder of its own."""
    with Catalogue() as server:
        settings.AURA_PROVIDERS = providers(server.url)
        settings.AURA_DATA_DIR = tmp_path
        server.pages["/v1/models"] = [model("a/new", "0.5", "0.25"), model("a/b", "-1")]
        yield server


@pytest.fixture
def kept(tmp_path):
    return lambda: json.loads((tmp_path / "prices.json").read_text())["prices"]


def refreshed(*names):
    output = StringIO()
    call_command("refresh_catalogue", *names, stdout=output)
    return output.getvalue().splitlines()


def ids():
    return list(CatalogueModel.objects.values_list("model_id", flat=True))


def test_the_command_reads_all_and_reports_each_provider(server, kept):
    lines = refreshed()

    origin = server.url.removesuffix("/v1")
    assert lines[0] == "Asking openrouter, groq, local, offline ..."
    assert f"openrouter: 3 models, from {origin}." in lines
    assert "  2 prices kept for costs." in lines
    [groq] = [line for line in lines if line.startswith("groq: ")]
    assert groq.startswith("groq: groq could not be reached (")
    assert groq.endswith("). Its models stay as they were.")
    assert ids() == ["a/b", "a/new", "a/vectors"]
    assert kept() == {"a/new": ["0.5", "0.25"], "a/vectors": ["0.00000002", "0"]}


def test_a_provider_may_be_named(server):
    assert refreshed("openrouter")[0] == "Asking openrouter ..."
    assert [path for path, _ in server.heard] == [
        "/v1/models",
        "/v1/embeddings/models",
    ]


def test_openrouter_is_asked_without_a_key_too(server, settings):
    settings.AURA_PROVIDERS = type(settings.AURA_PROVIDERS)(
        {
            name: provider if name != "openrouter" else replace(provider, key="")
            for name, provider in settings.AURA_PROVIDERS.items()
        }
    )

    assert "openrouter: 3 models" in "\n".join(refreshed())


def test_models_that_no_preset_could_name_are_counted(server):
    server.pages["/v1/models"].append(model("<b>"))

    assert "  1 left out: no preset could name them." in refreshed("openrouter")


def test_a_provider_that_is_not_there_is_said():
    with pytest.raises(CommandError, match="no provider nosuch: use openrouter, groq"):
        refreshed("nosuch")


def test_when_nothing_could_be_read_the_command_fails_and_all_stays(server, kept):
    refreshed("openrouter")
    before = ids(), kept()
    server.pages["/v1/models"] = 500

    with pytest.raises(CommandError, match="The catalogue stays as it is"):
        refreshed("openrouter")

    assert (ids(), kept()) == before


def test_a_folder_that_cannot_be_written_to_is_said(settings, tmp_path):
    settings.AURA_DATA_DIR = tmp_path / "missing"

    lines = refreshed("openrouter")

    assert any("cannot be written: No such file" in line for line in lines)
    assert ids()


def test_no_key_is_in_what_is_said_or_kept(tmp_path):
    assert KEY not in "\n".join(refreshed())
    assert KEY not in (tmp_path / "prices.json").read_text()
    assert KEY not in str(list(CatalogueSource.objects.values()))


def test_the_task_asks_who_is_due_and_nobody_twice(server, kept):
    tasks.refresh_catalogue.func()
    tasks.refresh_catalogue.func()

    assert ids() == ["a/b", "a/new", "a/vectors"] and "a/new" in kept()
    assert len(server.heard) == 2


def test_the_task_goes_on_when_prices_cannot_be_kept(settings, tmp_path, caplog):
    settings.AURA_DATA_DIR = tmp_path / "missing"
    caplog.set_level(logging.WARNING, logger="gateway.background.tasks")

    tasks.refresh_catalogue.func()

    assert ids() and "Costs go by the prices that are there." in caplog.text
