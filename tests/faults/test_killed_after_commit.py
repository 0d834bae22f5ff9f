"""A process is killed after the commit of its change and before it told anybody: the others
see it at their next look."""

import os
import signal
import subprocess
import sys
import time

import pytest

from brains import live
from brains.tests.watching import serves
from brains.watcher import SelectionPart, Watcher
from tests.isolation import plain
from tests.server import ROOT
from tests.waiting import wait_until

# What runs after a commit runs in the order in which it was asked for: this goes first.
KILLED = """
import os, signal, django
django.setup()
from django.db import transaction
from brains import activation
with transaction.atomic():
    transaction.on_commit(lambda: os.kill(os.getpid(), signal.SIGKILL))
    activation.activate(activation.find_preset("Budget"), activation.Author("bob"))
print("it lived on")
"""


@pytest.fixture
def workers(database, tmp_path):
    """Two watchers, as two workers have them, that look as often as in earnest."""
    running = [Watcher([SelectionPart()], tmp_path) for _ in range(2)]
    for each in running:
        each.start()
    yield running
    for each in running:
        each.stop()


@pytest.mark.fault("D9")
def test_the_others_see_it_at_their_next_look(workers, tmp_path, measured):
    environment = plain(os.environ) | {
        "DJANGO_SETTINGS_MODULE": "aura_site.settings",
        "AURA_DATA_DIR": str(tmp_path),
        "AURA_ENV_FILE": str(tmp_path / ".env"),
    }
    killed = subprocess.run(
        [sys.executable, "-c", KILLED],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        timeout=30,
    )
    began = time.monotonic()
    assert (killed.returncode, killed.stdout) == (-signal.SIGKILL, b""), killed.stderr
    wait_until(lambda: serves("Budget"), "the change", 5)
    took_s = time.monotonic() - began
    wait_until(lambda: all(_has_seen(each) for each in workers), "the other one", 2)
    assert live.current().selection.revision == 1
    assert took_s < 2
    measured(f"served {took_s:.2f} s after the death")


def _has_seen(watcher):
    return watcher._seen is not None and watcher._seen[0] == 1
