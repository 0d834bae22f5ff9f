"""A command that is run on another data folder than the server's says so, and does nothing to a
database that has no tables."""

import os
import shutil
import subprocess
import sys

import pytest
from django.conf import settings
from django.core.management import get_commands

from aura_site import command_database
from aura_site.command_database import MAKES, WAITS
from tests.isolation import plain
from tests.server import ROOT

pytestmark = pytest.mark.slow


def manage(folder, *arguments, **environment):
    given = {"AURA_DATA_DIR": str(folder), "AURA_ENV_FILE": str(folder / "none.env")}
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env=plain(os.environ) | given | environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.fixture
def migrated(tmp_path, migrated_folder):
    """A folder whose database has its tables, and nobody in it."""
    return shutil.copytree(migrated_folder, tmp_path / "migrated")


def test_a_folder_with_an_empty_database_is_named_with_the_mend(tmp_path):
    done = manage(tmp_path / "wrong", "activate_preset", "Budget")
    assert (done.returncode, done.stdout) == (1, "")
    [said] = done.stderr.splitlines()
    assert said == (
        f"Nothing was done: the database in the new data folder {tmp_path / 'wrong'} has no "
        f"tables. Name the server's folder with AURA_DATA_DIR (`make run` without it: "
        f"{ROOT / 'data'}), or make a new one with `manage.py migrate` and `manage.py "
        "first_run`."
    )
    assert not (tmp_path / "wrong" / "aura.sqlite3").exists()


def test_a_file_without_tables_is_refused_too(tmp_path):
    (tmp_path / "aura.sqlite3").touch()
    done = manage(tmp_path, "createsuperuser", "--no-input")
    assert done.returncode == 1 and "has no tables" in done.stderr
    assert "the new data folder" not in done.stderr


def test_a_database_that_a_url_names_is_not_told_by_the_folder(tmp_path):
    url = f"sqlite:///{tmp_path}/other/elsewhere.sqlite3"
    done = manage(tmp_path, "show_selection", DATABASE_URL=url)
    assert "the database that DATABASE_URL names has no tables" in done.stderr
    assert "Name the server's with DATABASE_URL, or" in done.stderr


@pytest.mark.parametrize("arguments", [["check"], ["help"], ["canary", "--help"]])
def test_what_needs_no_database_goes_on_and_says_nothing(tmp_path, arguments):
    done = manage(tmp_path / "new", *arguments)
    assert (done.returncode, done.stderr) == (0, "")


def test_migrate_says_that_its_folder_is_new_and_first_run_follows(tmp_path):
    folder = tmp_path / "new"
    done = manage(folder, "migrate", "--verbosity=0")
    assert done.returncode == 0
    assert done.stderr == f"The data folder {folder} is new: it was made just now.\n"
    done = manage(folder, "first_run")
    assert (done.returncode, done.stderr) == (0, "")
    assert "password" in done.stdout
    done = manage(folder, "show_selection")
    assert (done.returncode, done.stderr) == (0, "")


def test_a_database_without_users_is_worked_on_and_named(migrated):
    done = manage(migrated, "create_api_key", "web app")
    assert done.returncode == 0 and done.stdout.startswith("aura_")
    assert (
        f"The database in the data folder {migrated} has no users yet." in done.stderr
    )


def test_the_usual_folder_is_not_named_as_another_one(monkeypatch):
    monkeypatch.setattr(settings, "AURA_DATA_DIR", settings.BASE_DIR / "data")
    monkeypatch.setattr(command_database, "_is_named", lambda: False)
    assert command_database._hint() == (
        "If `make run` was given AURA_DATA_DIR, give this command the same"
    )


def test_every_command_of_ours_is_looked_at():
    rooms = {"aura_site", "brains", "cognition", "gateway"}
    ours = {name for name, room in get_commands().items() if room in rooms}
    looked_at = {name for name in ours if command_database._needs_tables(name)}
    assert ours - looked_at == ours & (MAKES | WAITS)
    assert {"create_api_key", "import_presets", "export_user"} <= looked_at
