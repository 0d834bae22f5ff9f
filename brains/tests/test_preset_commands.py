"""`export_presets` and `import_presets`: presets in a file, for git and CI."""

import io
import sys
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from brains.as_code.document import BYTES_MAX
from brains.catalogue.models import CatalogueSource
from brains.models import Activation, ModelPreset
from brains.tests.records import preset
from brains.tests.status_reader import registry

pytestmark = pytest.mark.django_db


def said(*command):
    output = StringIO()
    call_command(*command, stdout=output)
    return output.getvalue()


@pytest.fixture
def file(tmp_path):
    return tmp_path / "presets.yaml"


def test_what_was_exported_is_imported_again(file):
    assert said("export_presets", str(file)) == f"6 presets written to {file}.\n"
    ModelPreset.objects.filter(name__in=["Budget", "Offline"]).delete()

    told = said("import_presets", str(file))

    assert told.endswith("Done: 2 added, 4 unchanged.\n")
    assert preset("Offline").embedding_dimension == 384
    said("export_presets", str(file.with_name("again.yaml")))
    assert file.read_bytes() == file.with_name("again.yaml").read_bytes()


@pytest.mark.parametrize("arguments", [(), ("-",)])
def test_without_a_file_it_is_the_terminal(arguments):
    output = said("export_presets", *arguments)

    assert output.startswith("# Aura's presets.") and "\n  - name: Budget\n" in output
    assert output.endswith("\n") and not output.endswith("\n\n")


def test_a_file_may_come_on_stdin(monkeypatch):
    text = b"version: 1\npresets:\n  - name: Night\n"
    stdin = io.TextIOWrapper(io.BytesIO(text))
    monkeypatch.setattr(sys, "stdin", stdin)

    said("import_presets", "-")

    assert preset("Night").slug == "night"


def test_a_dry_run_changes_nothing(file):
    file.write_text("version: 1\npresets:\n  - name: Night\n")

    told = said("import_presets", str(file), "--dry-run")

    assert "Nothing was changed." in told
    assert not ModelPreset.objects.filter(name="Night").exists()


def test_all_options_at_once(file):
    file.write_text("version: 1\npresets:\n  - name: Night\n    l1_model: a/b\n")

    said(
        *("import_presets", str(file), "--prune"),
        *("--activate", "night", "--reason", "from git"),
    )

    newest = Activation.objects.get()
    assert (newest.preset_name, newest.reason) == ("Night", "from git")
    assert newest.by_name.startswith("command line")
    assert ModelPreset.objects.count() == 1


def test_what_is_refused_is_told_and_the_command_fails(file):
    file.write_text("version: 1\npresets:\n  - name: Night\n    l1_model: no model\n")
    output = StringIO()

    with pytest.raises(CommandError, match="were not imported: mend what is refused"):
        call_command("import_presets", str(file), stdout=output)

    assert "refused    line 4, Night, l1_model: 'no model'" in output.getvalue()
    assert not ModelPreset.objects.filter(name="Night").exists()


def test_a_dry_run_of_a_bad_file_fails_too(file):
    file.write_text("version: 1\npresets: nothing\n")

    with pytest.raises(CommandError, match="were not imported"):
        said("import_presets", str(file), "--dry-run")


def test_a_file_that_is_not_there_is_told_in_a_sentence(file, tmp_path):
    with pytest.raises(CommandError, match=r"yaml cannot be read: No such file"):
        said("import_presets", str(file))
    with pytest.raises(CommandError, match=r"cannot be read: Is a directory"):
        said("import_presets", str(tmp_path))
    with pytest.raises(CommandError, match=r"cannot be written: No such file"):
        said("export_presets", str(tmp_path / "no" / "folder.yaml"))


def test_a_huge_file_is_read_no_further_than_the_bound(file):
    file.write_bytes(b"#" * (BYTES_MAX + 10))
    output = StringIO()

    with pytest.raises(CommandError):
        call_command("import_presets", str(file), stdout=output)

    assert f"at most {BYTES_MAX} bytes" in output.getvalue()


def test_a_reason_that_is_too_long_is_refused(file):
    file.write_text("version: 1\npresets: []\n")

    with pytest.raises(CommandError, match="at most 500 characters"):
        said("import_presets", str(file), "--reason", "x" * 501)


@pytest.fixture
def without_key(settings):
    settings.AURA_PROVIDERS = registry(key="")
    settings.AURA_ENV_RUNG, settings.AURA_DOTENV_RUNG = {}, {}


def tried(provider, trouble, minutes_ago=5):
    """Let a provider have been asked for its models so long ago, in vain."""
    tried_at = timezone.now() - timedelta(minutes=minutes_ago)
    CatalogueSource.objects.create(
        provider=provider, tried_at=tried_at, trouble=trouble
    )


def warnings(told):
    return [line.strip() for line in told.splitlines() if "warning" in line]


NO_KEY = "No key for OpenRouter: set OPENROUTER_API_KEY and restart."
AWAY = "Local could not be reached (ConnectionError)."


@pytest.mark.parametrize("options", [(), ("--dry-run",)])
def test_what_cannot_be_served_as_it_is_is_one_line_of_a_preset(
    file, without_key, options
):
    said("export_presets", str(file))
    tried("local", AWAY)
    tried("openrouter", "OpenRouter could not be reached (ConnectionError).")
    ModelPreset.objects.filter(name="Hybrid").delete()

    told = said("import_presets", str(file), *options)

    all_of_it = f"warning: As it is, L1, L2, L3 and Embedding cannot answer. {NO_KEY}"
    others = f"warning: As it is, L2, L3 and Embedding cannot answer. {NO_KEY}"
    assert sorted(warnings(told)) == sorted(
        [all_of_it] * 4 + [f"{others} {AWAY} Asked 5\xa0minutes ago."]
    )


def test_what_can_be_served_has_no_warning(file, settings):
    settings.AURA_PROVIDERS = registry()
    said("export_presets", str(file))
    tried("local", AWAY, minutes_ago=90)
    tried("openrouter", "OpenRouter answered /models with status 404.")

    assert warnings(said("import_presets", str(file))) == []


def test_what_is_removed_has_no_warning(file, without_key):
    file.write_text("version: 1\npresets:\n  - name: Offline\n")

    told = said("import_presets", str(file), "--prune")

    assert "removed    Budget" in told and len(warnings(told)) == 1
