"""Twenty processes that activate at once: each is recorded in one order, none fails."""

import json
import os
import subprocess
import sys

import pytest
from django.db import connection

from brains.models import Activation, ChangeCounter
from tests.isolation import plain
from tests.own_database import own_database
from tests.server import ROOT

PROCESSES, ACTIVATIONS = 20, 50
BOUND_S = 240

pytestmark = pytest.mark.slow


@pytest.fixture(params=["sqlite", "postgresql"])
def environment(request, tmp_path, django_db_blocker):
    """The environment of a process on a database that only this test uses."""
    url = ""
    if request.param == "postgresql":
        url = request.getfixturevalue("postgres").create_database("race")
    environment = plain(os.environ) | {
        "DJANGO_SETTINGS_MODULE": "aura_site.settings",
        "AURA_DATA_DIR": str(tmp_path),
        "AURA_ENV_FILE": str(tmp_path / ".env"),
        "DATABASE_URL": url,
    }
    migrate = [sys.executable, "manage.py", "migrate", "--verbosity=0"]
    subprocess.run(migrate, cwd=ROOT, env=environment, timeout=BOUND_S, check=True)
    with django_db_blocker.unblock(), own_database(url, tmp_path):
        yield environment


def race(environment):
    """Let all begin at once; return what each activation did."""
    arguments = [str(PROCESSES), str(ACTIVATIONS), "Budget", "Hybrid"]
    done = subprocess.run(
        [sys.executable, "-m", "brains.tests.activating", *arguments],
        cwd=ROOT,
        env=environment,
        timeout=BOUND_S,
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return json.loads(done.stdout)


@pytest.mark.fault("D5")
def test_many_processes_that_activate_at_once_are_recorded_in_one_order(
    environment, measured
):
    outcomes = race(environment)

    rows = list(Activation.objects.order_by("revision"))
    changed = [outcome for outcome in outcomes if outcome[2]]
    assert len(outcomes) == PROCESSES * ACTIVATIONS
    assert [row.revision for row in rows] == list(range(1, len(rows) + 1))
    # Each row is the outcome of one call, which was told what it replaced.
    assert sorted(revision for revision, _, _ in changed) == [r.revision for r in rows]
    assert all(replaced == (revision - 1 or None) for revision, replaced, _ in changed)
    # The others met their preset live already, and say under which revision.
    assert all(a == b for a, b, is_changed in outcomes if not is_changed)
    # What is live alternates: nobody replaced a preset by itself.
    names = [row.preset_name for row in rows]
    assert all(one != other for one, other in zip(names, names[1:], strict=False))
    assert ChangeCounter.objects.get().value == len(rows) > PROCESSES
    measured(
        f"{connection.vendor}: {len(outcomes)} calls, {len(rows)} revisions, 0 errors"
    )
