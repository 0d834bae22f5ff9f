"""Twenty processes that activate at once: each is recorded in one order, none fails."""

import contextlib
import json
import os
import subprocess
import sys
import time

import pytest
from django.db import connection

from brains.models import Activation, ChangeCounter
from tests.isolation import plain
from tests.own_database import own_database
from tests.server import ROOT

PROCESSES, ACTIVATIONS = 20, 50
BOUND_S = 60

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


def start(environment, *names):
    return subprocess.Popen(
        [sys.executable, "-m", "brains.tests.activating", str(ACTIVATIONS), *names],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@contextlib.contextmanager
def racers(environment):
    """Processes that are ready; half of them begin with the one preset, half the other."""
    names = ["Budget", "Hybrid"]
    turned = [names, names[::-1]]
    running = [start(environment, *turned[i % 2]) for i in range(PROCESSES)]
    try:
        for process in running:
            assert process.stdout.readline() == "ready\n", process.stderr.read()
        yield running
    finally:
        for process in running:
            process.kill()
            process.communicate()


def outcomes_of(processes, bound_s):
    """Let all begin at once; return what each activation did."""
    deadline = time.monotonic() + bound_s
    for process in processes:
        process.stdin.write("go\n")
        process.stdin.flush()
    outcomes = []
    for process in processes:
        output, errors = process.communicate(timeout=deadline - time.monotonic())
        assert (process.returncode, errors) == (0, "")
        outcomes += [json.loads(line) for line in output.splitlines()]
    return outcomes


@pytest.mark.fault("D5")
def test_many_processes_that_activate_at_once_are_recorded_in_one_order(
    environment, measured
):
    with racers(environment) as processes:
        outcomes = outcomes_of(processes, BOUND_S)

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
