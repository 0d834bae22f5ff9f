"""What stands around the live selection on the status page: workers, providers, `.env`
and the database; and never a secret."""

import os
import subprocess
import sys
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from aura_site.dotenv import read_dotenv
from brains.models import Worker
from brains.tests.status_reader import (
    CANARY,
    activated,
    fact,
    page,
    registry,
    shown,
)
from tests.isolation import plain
from tests.server import ROOT

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _set_up(settings, tmp_path):
    """Every provider has what it needs, and the values come from the defaults."""
    settings.AURA_PROVIDERS = registry()
    settings.AURA_ENV_RUNG, settings.AURA_DOTENV_RUNG = {}, {}
    settings.AURA_DOTENV = read_dotenv(tmp_path / ".env")
    settings.AURA_SETTING_PROBLEMS = ()


def worker(pid, selection, **fields):
    now = timezone.now()
    given = {"revision": selection.revision, "digest": selection.digest, **fields}
    times = {"started_at": now, "seen_at": now, "switched_at": now}
    Worker.objects.create(node="web", pid=pid, **(times | given))


def test_providers_in_use_are_shown_with_their_origin_and_no_others():
    text = fact("Providers in use")

    assert text == (
        "○ OpenRouter for L1, L2, L3 and Embedding Key set, not asked yet. "
        "https://openrouter.ai"
    )


def test_provider_that_needs_no_key_says_so():
    activated("Offline")

    assert "Needs no key, not asked yet. http://o" in fact("Providers in use")


@pytest.mark.fault("W10")
@pytest.mark.parametrize(
    "url", ["https://user:canary@host/v1", "http://[canary", "https://host/canary/v1"]
)
def test_no_secret_is_on_the_page(settings, url):
    settings.AURA_PROVIDERS = registry(url=url)

    html = page()

    assert "canary" not in html and CANARY not in html


def test_workers_are_counted_on_the_revision():
    selection = activated("Budget")
    worker(1, selection)
    worker(2, selection)

    assert fact("Workers") == "● 2 of 2 workers on revision 1"


def test_workers_on_another_revision_are_named():
    selection = activated("Budget")
    worker(1, selection)
    worker(2, selection, revision=0)

    expected = "▲ 1 of 2 workers on revision 1 On another revision: web:2"
    assert fact("Workers") == expected
    assert "All well" in shown(), "a moment after a change some always are behind"


def test_workers_with_another_environment_are_named_and_to_mend():
    selection = activated("Budget")
    worker(1, selection)
    worker(2, selection, digest="0" * 64)

    assert fact("Workers").endswith("1 of 2 workers on revision 1 Other values: web:2")
    assert "▲ Needs attention" in shown()
    assert "Give every worker the same environment" in shown()


def test_of_many_workers_ten_are_named():
    selection = activated("Budget")
    for pid in range(12):
        worker(pid, selection, revision=0)

    assert fact("Workers").endswith("web:8, web:9 and 2 more")


def test_workers_that_are_gone_are_not_counted():
    selection = activated("Budget")
    worker(1, selection, seen_at=timezone.now() - timedelta(minutes=1))

    assert fact("Workers") == "○ No worker has reported lately."


def test_dotenv_that_is_not_there_is_no_trouble():
    assert fact(".env") == "○ Not there; nothing is read from it."


def test_dotenv_is_found_with_the_number_of_its_values(settings, tmp_path):
    (tmp_path / ".env").write_text("A=1\nB=2\n")
    settings.AURA_DOTENV = read_dotenv(tmp_path / ".env")

    assert fact(".env") == "● Found, 2 values."


def test_dotenv_that_cannot_be_read_says_why(settings, tmp_path):
    (tmp_path / ".env").mkdir()
    settings.AURA_DOTENV = read_dotenv(tmp_path / ".env")

    assert fact(".env").startswith("▲ Found, but not read. It is a directory.")


DAMAGED = {
    "nothing": (lambda path: None, "○ Not there"),
    "a folder": (
        lambda path: path.mkdir(),
        "▲ Found, but not read. It is a directory.",
    ),
    "a pipe": (os.mkfifo, "▲ Found, but not read. It is not a regular file."),
    "a link to itself": (
        lambda path: path.symlink_to(path),
        "▲ Found, but not read. It is a symbolic link that leads back",
    ),
    "UTF-16": (
        lambda path: path.write_text("A=1\n", encoding="utf-16"),
        "▲ Found, but not read. It is UTF-16.",
    ),
    "NUL": (
        lambda path: path.write_bytes(b"A=\0"),
        "▲ Found, but not read. Line 1 has a NUL byte.",
    ),
    "10 MB": (
        lambda path: path.write_bytes(b"#" * 10_000_000),
        "▲ Found, but not read. It is larger than 1 MiB.",
    ),
}
# In a process of its own: there the settings are read as at a start, once for each.
START = """
import importlib, os, sys
for path in sys.argv[1:]:
    os.environ["AURA_ENV_FILE"] = path
    settings = importlib.reload(importlib.import_module("aura_site.settings"))
    print(settings.AURA_DOTENV.state)
"""


@pytest.mark.fault("E9")
@pytest.mark.parametrize("damage", DAMAGED)
def test_dotenv_that_is_damaged_is_said_and_the_page_is_shown(
    settings, tmp_path, damage
):
    make, said = DAMAGED[damage]
    make(tmp_path / "damaged")
    settings.AURA_DOTENV = read_dotenv(tmp_path / "damaged")

    assert fact(".env").startswith(said)


@pytest.mark.fault("E9")
def test_a_start_outlives_every_damage_of_dotenv(tmp_path):
    for damage, (make, _) in DAMAGED.items():
        make(tmp_path / damage)
    places = [str(tmp_path / damage) for damage in DAMAGED]
    environment = plain(os.environ) | {"AURA_DATA_DIR": str(tmp_path)}

    done = subprocess.run(
        [sys.executable, "-c", START, *places],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
    )

    states = ["missing", *["unreadable"] * (len(DAMAGED) - 1)]
    assert (done.returncode, done.stdout.split()) == (0, states), done.stderr


def test_dotenv_that_changed_asks_for_a_restart(tmp_path):
    (tmp_path / ".env").write_text("A=1\n")

    assert fact(".env") == "▲ Changed since the start: restart to apply it."


def test_database_and_where_all_was_loaded_from_are_shown():
    assert fact("Database") == f"● {connection.display_name} answers."
    assert fact("Loaded from") == "● The database."
