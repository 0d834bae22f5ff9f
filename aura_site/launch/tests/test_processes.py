"""Child processes: the status they end with, their restart, and their orderly end."""

import dataclasses
import logging
import os
import signal
import sys
import time
from contextlib import ExitStack

import psutil
import pytest

from aura_site.launch import processes
from aura_site.launch.processes import KeptProcess, Process, Program, watch
from tests.waiting import wait_until

TERM_AT_ONCE = ((signal.SIGTERM, 20.0),)  # a bound: they end at once
SLEEP = "import time; time.sleep(30)"
# Says that it is ready by writing a file; then ignores SIGTERM, and may start a child.
STUBBORN = """
import signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(30)"])
open(sys.argv[1], "w").write(str(child.pid))
time.sleep(30)
"""


@pytest.fixture
def program(tmp_path):
    def make(code: str, *arguments: str, title: str = "The child") -> Program:
        return Program(
            title=title,
            command=(sys.executable, "-c", code, *arguments),
            folder=tmp_path,
            environment=dict(os.environ),
            log=tmp_path / "child.log",
        )

    return make


def test_leaving_the_block_ends_the_program(program):
    with Process(program(SLEEP), TERM_AT_ONCE) as process:
        assert process.status is None
    assert process.status == 128 + signal.SIGTERM


def test_own_exit_status_is_kept(program):
    with Process(program("raise SystemExit(3)"), TERM_AT_ONCE) as process:
        assert watch(process, []) == 3


def test_process_never_started_has_no_status(program):
    assert Process(program(SLEEP), TERM_AT_ONCE).status is None


def test_output_goes_to_the_log(program, tmp_path):
    with Process(program("print('a line')"), TERM_AT_ONCE) as process:
        watch(process, [])
    assert (tmp_path / "child.log").read_text() == "a line\n"


def test_marked_output_is_ours_line_by_line(program, capfd):
    code = "import sys; print('one\\ntwo', flush=True); sys.exit('three')"
    marked = dataclasses.replace(program(code), log=None, mark="child:")
    printed = []

    def has_all():
        printed.extend(capfd.readouterr().out.splitlines())
        return printed == ["child: one", "child: two", "child: three"]

    with Process(marked, TERM_AT_ONCE) as process:
        watch(process, [])
    wait_until(has_all, "all lines")


def test_program_leads_a_session_of_its_own(program):
    with Process(program(SLEEP), TERM_AT_ONCE) as process:
        pid = _pid(process)
        assert os.getsid(pid) == pid != os.getsid(0)


def test_program_that_ignores_sigterm_is_killed_with_its_children(program, tmp_path):
    ready = tmp_path / "ready"
    steps = ((signal.SIGTERM, 0.1),)
    with Process(program(STUBBORN, str(ready)), steps) as process:
        wait_until(
            lambda: ready.exists() and ready.read_text(), "the child to be ready"
        )
    assert process.status == 128 + signal.SIGKILL
    grandchild = int(ready.read_text())
    wait_until(lambda: not _runs(grandchild), "the grandchild to be gone")


def test_second_interrupt_goes_to_the_next_step_at_once(program, tmp_path):
    ready = tmp_path / "ready"
    steps = ((signal.SIGTERM, 30.0), (signal.SIGINT, 3.0))
    previous = signal.signal(signal.SIGALRM, signal.default_int_handler)
    try:
        with Process(program(STUBBORN, str(ready)), steps) as process:
            wait_until(lambda: ready.exists() and ready.read_text(), "it to be ready")
            signal.setitimer(signal.ITIMER_REAL, 0.2)
            began = time.monotonic()
    finally:
        signal.signal(signal.SIGALRM, previous)
    assert time.monotonic() - began < 3
    assert process.status != 128 + signal.SIGKILL
    os.kill(int(ready.read_text()), signal.SIGKILL)


def test_programs_end_in_the_reverse_order_of_their_start(program, tmp_path):
    note = tmp_path / "order"
    code = """
import signal, sys, time
def end(*_):
    open(sys.argv[1], "a").write(sys.argv[2])
    sys.exit(0)
signal.signal(signal.SIGTERM, end)
open(sys.argv[1] + sys.argv[2], "w").close()
time.sleep(30)
"""
    with ExitStack() as running:
        for name in ("model", "server"):
            one = program(code, str(note), f"{name} ")
            running.enter_context(Process(one, TERM_AT_ONCE))
            wait_until((tmp_path / f"order{name} ").exists, f"{name} to be ready")
    assert note.read_text() == "server model "


def test_kept_program_that_dies_starts_again(program, caplog):
    clock = Clock()
    with KeptProcess(program(SLEEP, title="The model"), clock) as kept:
        first = _pid(kept)
        os.kill(first, signal.SIGKILL)
        wait_until(kept.has_ended, "the program to end")
        with caplog.at_level(logging.WARNING):
            kept.tend()
        assert (
            "The model ended (exit status 137) and starts again in 1 s" in caplog.text
        )
        kept.tend()
        assert kept.has_ended(), "its pause is not over"
        clock.now += 1
        kept.tend()
        assert not kept.has_ended()
        assert _pid(kept) != first


def test_output_of_a_marked_program_that_died_is_said_to_be_above(program, caplog):
    marked = dataclasses.replace(program("pass"), log=None, mark="child:")
    with KeptProcess(marked) as kept:
        wait_until(kept.has_ended, "the program to end")
        kept.tend()
    assert caplog.messages[0].endswith("Its output: above")


def test_kept_program_has_the_time_to_end_that_it_is_given(program, tmp_path):
    steps = ((signal.SIGINT, 3.0),)
    with KeptProcess(program(SLEEP), steps=steps) as kept:
        pass
    assert kept.status != 128 + signal.SIGTERM


def test_pause_doubles_up_to_its_limit_and_begins_anew_after_a_steady_run(
    program, caplog
):
    clock = Clock()
    pauses = []
    with KeptProcess(program("raise SystemExit(1)"), clock) as kept:
        for run_s in (0, 0, 0, 0, 0, 0, 61):
            wait_until(kept.has_ended, "the program to end")
            clock.now += run_s
            kept.tend()
            assert kept._start_at is not None
            pauses.append(kept._start_at - clock.now)
            clock.now = kept._start_at
            kept.tend()
    assert pauses == [1, 2, 4, 8, 16, 30, 1]


def test_watching_tends_the_kept_programs(program, monkeypatch):
    monkeypatch.setattr(processes, "POLL_S", 0.01)
    monkeypatch.setattr(processes, "PAUSE_FIRST_S", 0.0)
    main_program = program("import time; time.sleep(0.5)")
    with (
        KeptProcess(program("raise SystemExit(1)")) as kept,
        Process(main_program, TERM_AT_ONCE) as main,
    ):
        first = _pid(kept)
        assert watch(main, [kept]) == 0
        assert _pid(kept) != first


def test_stop_signals_interrupt_once(monkeypatch):
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.getsignal(number) for number in numbers}
    try:
        processes.interrupt_on_stop_signals()
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(1)
        os.kill(os.getpid(), signal.SIGTERM)
        os.kill(os.getpid(), signal.SIGHUP)
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(1)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def test_hangup_stays_ignored_under_nohup():
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.getsignal(number) for number in numbers}
    try:
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        processes.interrupt_on_stop_signals()
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class Clock:
    """Seconds that pass only when a test says so."""

    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


def _pid(process: Process) -> int:
    assert process._child
    return process._child.pid


def _runs(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
