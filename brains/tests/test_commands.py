"""What `activate_preset`, `deactivate_preset` and `show_selection` do and say."""

import json
import os
import pwd
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from brains import activation, health, live
from brains.activation import Author
from brains.catalogue.models import CatalogueSource
from brains.models import Activation, ModelPreset
from brains.tests.status_reader import activated, registry


@pytest.fixture(autouse=True)
def _set_up(settings):
    settings.AURA_PROVIDERS = registry()
    settings.AURA_ENV_RUNG = {"AURA_L1_MODEL": "env/model"}
    settings.AURA_DOTENV_RUNG = {}


def said(*command, **options):
    output = StringIO()
    call_command(*command, stdout=output, **options)
    return output.getvalue()


@pytest.mark.django_db
def test_activate_makes_the_preset_live_and_shows_what_serves():
    output = said("activate_preset", "Budget")

    assert live.load().selection.preset == "Budget"
    assert output.startswith("Budget is live as revision 1.")
    assert "google/gemma-7b-it" in output and "hides env/model" in output


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["all-deepseek", "ALL-DEEPSEEK", " All-DeepSeek "])
def test_activate_takes_a_name_in_any_case_or_a_slug(name):
    assert said("activate_preset", name).startswith("All-DeepSeek is live")


@pytest.mark.django_db
def test_activate_says_which_preset_it_replaces():
    activated("Offline")

    assert "revision 2. It replaces Offline." in said("activate_preset", "Budget")


@pytest.mark.django_db
def test_activating_what_is_live_changes_nothing():
    activated("Budget")

    output = said("activate_preset", "Budget")

    assert "live already, as revision 1: nothing was changed" in output
    assert Activation.objects.count() == 1


@pytest.mark.django_db
def test_history_says_who_typed_the_command_and_why():
    said("activate_preset", "Budget", "--reason", "night costs")

    newest = activation.latest()
    user = pwd.getpwuid(os.getuid()).pw_name
    assert newest and newest.by_name == f"command line ({user})"
    assert newest.reason == "night costs" and newest.by is None


@pytest.mark.django_db
def test_a_user_without_a_name_is_the_command_line(monkeypatch):
    monkeypatch.setattr(os, "getuid", lambda: 2_000_000_123)

    said("activate_preset", "Budget")

    newest = activation.latest()
    assert newest and newest.by_name == "command line"


@pytest.mark.django_db
@pytest.mark.parametrize("command", ["activate_preset", "show_selection"])
def test_unknown_preset_is_refused_with_the_names_there_are(command):
    arguments = ["nope"] if command == "activate_preset" else ["--preset", "nope"]

    with pytest.raises(
        CommandError, match="There is no preset 'nope'.*Budget, Default"
    ):
        said(command, *arguments)


@pytest.mark.django_db
def test_reason_that_is_too_long_is_refused():
    with pytest.raises(CommandError, match="at most 500 characters, this has 501"):
        said("activate_preset", "Budget", "--reason", "x" * 501)

    assert not Activation.objects.exists()


@pytest.mark.django_db
def test_deactivate_lets_no_preset_be_live():
    activated("Budget")

    output = said("deactivate_preset", "--reason", "back")

    newest = activation.latest()
    assert output.startswith("Budget is no longer live; no preset is, as revision 2.")
    assert newest and newest.snapshot is None and newest.reason == "back"


@pytest.mark.django_db
def test_deactivate_with_nothing_live_changes_nothing():
    assert said("deactivate_preset").startswith(
        "No preset is live: nothing was changed."
    )
    assert not Activation.objects.exists()


@pytest.mark.django_db
def test_show_says_each_value_its_source_and_what_it_hides():
    activated("Budget")

    lines = said("show_selection").splitlines()

    assert lines[0].startswith("Revision 1, preset Budget, since ")
    assert lines[0].endswith(" by ann: night costs (from the database)")
    assert lines[2].split() == [
        *("l1", "google/gemma-7b-it", "because", "preset", "Budget", "says", "so"),
    ]
    assert lines[3].strip() == "hides env/model (AURA_L1_MODEL in the environment)"
    assert lines[-1].split() == [
        "dimension",
        "1536",
        "as",
        "the",
        "built-in",
        "default",
    ]


@pytest.mark.django_db
def test_show_without_any_activation_says_no_preset():
    assert said("show_selection").startswith(
        "Revision 0, no preset (from the database)"
    )


@pytest.mark.django_db
def test_show_lists_what_to_mend_with_its_hint(settings):
    settings.AURA_ENV_RUNG = {"AURA_L1_MODEL": "no model"}

    output = said("show_selection")

    assert "To mend:\n  AURA_L1_MODEL: 'no model' is not a model id" in output
    assert "Change AURA_L1_MODEL in the environment and restart" in output


@pytest.mark.django_db
def test_show_lists_a_provider_in_use_that_was_not_reached_lately(settings):
    activated("Hybrid")
    CatalogueSource.objects.create(
        provider="local",
        tried_at=timezone.now(),
        trouble="Local could not be reached (ConnectionError).",
    )

    output = said("show_selection")

    assert (
        "To mend:\n  AURA_LOCAL_BASE_URL: Local could not be reached (ConnectionError). "
        "Asked just now.\n    Start it (for Ollama: `ollama serve`)"
    ) in output
    assert "To mend" not in said("show_selection", "--preset", "Budget")


@pytest.mark.django_db
def test_show_as_json_is_health_and_what_is_hidden():
    activated("Budget")

    shown = json.loads(said("show_selection", "--json"))

    hidden = shown.pop("hidden")
    assert shown == health.report(live.load())
    assert hidden["l1_model"] == [
        {"source": "env", "value": "env/model"},
        {"source": "default", "value": "mistralai/mistral-7b-instruct"},
    ]
    assert hidden["embedding_dimension"] == []


@pytest.mark.django_db
def test_show_of_a_preset_is_as_if_it_were_live():
    activated("Budget")

    output = said("show_selection", "--preset", "offline")

    assert output.startswith("If preset Offline were live:")
    assert "offline/smollm2-135m" in output and "384" in output


@pytest.mark.django_db
def test_show_of_a_preset_as_json_names_that_preset():
    shown = json.loads(said("show_selection", "--json", "--preset", "offline"))

    assert shown["preset"] == "Offline"
    assert shown["models"]["embedding"]["dimension"] == 384


@pytest.mark.django_db
def test_show_activates_nothing():
    activation.activate(ModelPreset.objects.get(name="Budget"), Author("ann"))

    said("show_selection", "--preset", "offline")

    assert Activation.objects.count() == 1
    assert live.current().selection.preset is None, "this process took nothing over"


@pytest.mark.parametrize(
    "command",
    [["activate_preset", "Budget"], ["deactivate_preset"], ["show_selection"]],
)
def test_database_that_cannot_be_used_is_told_in_a_sentence(
    command, database, tmp_path
):
    connection.close()
    for file in tmp_path.glob("aura.sqlite3*"):
        file.write_bytes(b"this is no database" * 500)

    with pytest.raises(CommandError, match="could not be used .*manage.py migrate"):
        said(*command)
