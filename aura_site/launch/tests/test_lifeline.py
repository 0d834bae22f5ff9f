"""A child ends with its launcher, also when the launcher was killed."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from aura_site.launch import lifeline
from tests.waiting import wait_until

ROOT = Path(__file__).resolve().parents[3]
# A launcher that starts CHILD in a session of its own, tells its id, and waits.
LAUNCHER = """
import os, sys, time
from pathlib import Path
from aura_site.launch import lifeline, processes
code, kind = sys.argv[1:]
command = (sys.executable, "-c", code)
if kind == "follows":
    command = lifeline.command(list(command))
program = processes.Program("The child", command, Path.cwd(), dict(os.environ))
child = processes.start(program)
print(child.pid, flush=True)
time.sleep(30)
"""
READS_ITS_PIPE = (
    "from aura_site.launch.lifeline import wait_for_end_of_launcher as wait; "
    "print('ready', flush=True); wait()"
)
ONLY_SLEEPS = "import time; print('ready', flush=True); time.sleep(30)"


def test_child_that_reads_its_pipe_ends_with_a_killed_launcher():
    assert _outlives_its_launcher(READS_ITS_PIPE, "reads") is False


@pytest.mark.skipif(sys.platform != "linux", reason="the signal is Linux's own")
def test_child_that_knows_nothing_of_us_ends_with_a_killed_launcher():
    assert _outlives_its_launcher(ONLY_SLEEPS, "follows") is False


def test_program_whose_launcher_is_gone_already_is_not_started():
    another = 1
    done = subprocess.run(
        [sys.executable, "-m", "aura_site.launch.lifeline", str(another), "/bin/echo"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=5,
    )
    assert done.returncode == 1
    assert "launcher ended before" in done.stderr and done.stdout == ""


def test_command_names_this_process():
    command = lifeline.command(["/bin/echo", "hello"])
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=5)
    assert done.stdout == "hello\n"


def test_waiting_ends_when_the_pipe_does(monkeypatch):
    ours, theirs = os.pipe()
    os.close(theirs)
    with open(ours) as pipe:
        monkeypatch.setattr(sys, "stdin", pipe)
        lifeline.wait_for_end_of_launcher()


def _outlives_its_launcher(code: str, kind: str) -> bool:
    with subprocess.Popen(
        [sys.executable, "-c", LAUNCHER, code, kind],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    ) as launcher:
        assert launcher.stdout
        try:
            child = int(launcher.stdout.readline())
            assert launcher.stdout.readline() == "ready\n"
        finally:
            launcher.kill()
    try:
        wait_until(lambda: not _runs(child), "the child to end")
    except TimeoutError:
        os.kill(child, signal.SIGKILL)
        return True
    return False


def _runs(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
