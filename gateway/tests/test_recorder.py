"""The recorder hands calls on in batches, off the loop's thread, and is bounded."""

import logging
import subprocess
import sys
import threading
import time

import pytest

from gateway.records import recorder as module
from gateway.records.finished import FinishedCall
from gateway.records.recorder import Recorder
from gateway.tests.recording import batch, finished, ids
from tests.waiting import wait_until


@pytest.fixture
def recorder(monkeypatch):
    """A recorder that hands on every 10 ms, stopped after the test."""
    monkeypatch.setattr(module, "EVERY_S", 0.01)
    monkeypatch.setattr(module, "CHORES_EVERY_S", 0.02)
    recorder = Recorder()
    yield recorder
    recorder.stop()


@pytest.fixture
def errors(caplog):
    caplog.set_level(logging.INFO, logger="gateway.records.recorder")
    return lambda: caplog.messages


def note(recorder, calls):
    for call in calls:
        recorder.note(call)


def test_what_is_noted_reaches_every_sink_in_order(recorder):
    first: list[FinishedCall] = []
    second: list[FinishedCall] = []
    recorder.start([first.extend, second.extend])
    calls = batch(3)

    note(recorder, calls)

    wait_until(lambda: len(second) == 3, "the calls")
    assert first == second == calls
    assert recorder.waiting == recorder.dropped == 0


def test_what_was_noted_before_the_start_is_not_lost(recorder):
    taken: list[FinishedCall] = []
    recorder.note(finished())
    assert recorder.waiting == 1

    recorder.start([taken.extend])

    wait_until(lambda: taken, "the call")


def test_a_batch_has_a_thousand_calls_at_most(recorder):
    sizes = []
    note(recorder, batch(2_300))

    recorder.start([lambda calls: sizes.append(len(calls))])

    wait_until(lambda: sum(sizes) == 2_300, "the calls")
    assert sizes == [1_000, 1_000, 300]


def test_sinks_run_on_a_thread_of_their_own(recorder):
    threads = []
    recorder.start([lambda calls: threads.append(threading.current_thread())])

    recorder.note(finished())

    wait_until(lambda: threads, "the call")
    assert threads[0] is not threading.current_thread() and threads[0].daemon


def test_beyond_ten_thousand_waiting_calls_are_dropped_counted_and_told_of(
    recorder, errors
):
    note(recorder, batch(10_003))
    assert (recorder.waiting, recorder.dropped) == (10_000, 3)
    taken: list[FinishedCall] = []

    recorder.start([taken.extend])

    wait_until(lambda: len(taken) == 10_000, "the calls")
    wait_until(errors, "a line")
    [line] = errors()
    assert line.startswith("Not on record: 3 calls since the start")


def test_a_sink_that_raises_is_told_of_once_and_harms_no_other(recorder, errors):
    taken: list[FinishedCall] = []

    def broken(calls):
        raise RuntimeError("it broke")

    recorder.start([broken, taken.extend])
    for _ in range(3):
        recorder.note(finished())
        wait_until(lambda: not recorder.waiting, "the batch")

    wait_until(lambda: len(taken) == 3, "the calls")
    assert errors() == ["A step of the recorder failed; the others go on."]


def test_chores_are_done_at_the_start_and_again_without_a_call(recorder, errors):
    done = []

    def broken():
        raise RuntimeError("it broke")

    recorder.start([], [broken, lambda: done.append(time.monotonic())])
    recorder.start([lambda calls: None], [broken, lambda: done.append(1)])

    wait_until(lambda: len(done) > 2, "the chores")
    assert len(errors()) == 1


def test_stopping_hands_on_what_is_waiting(recorder, monkeypatch):
    monkeypatch.setattr(module, "EVERY_S", 60)
    taken: list[FinishedCall] = []
    recorder.start([taken.extend])
    calls = batch(1_500)
    note(recorder, calls)

    recorder.stop()

    assert ids(taken) == ids(calls)


def test_stopping_waits_no_longer_than_it_is_told_and_says_what_is_lost(
    recorder, errors
):
    entered, may_end = threading.Event(), threading.Event()

    def hang(calls):
        entered.set()
        may_end.wait(10)

    recorder.start([hang])
    recorder.note(finished())
    assert entered.wait(5)
    note(recorder, batch(2))

    began = time.monotonic()
    recorder.stop(timeout_s=0.05)

    assert time.monotonic() - began < 5
    assert errors() == ["Not on record: 2 calls of the last moment."]
    may_end.set()
    wait_until(lambda: not recorder.waiting, "the rest")


def test_stopping_one_that_was_never_started_does_no_harm(errors):
    recorder = Recorder()
    recorder.note(finished())

    recorder.stop()

    assert not errors()


def test_it_can_be_started_again_after_a_stop(recorder):
    recorder.start([lambda calls: None])
    recorder.stop()
    taken: list[FinishedCall] = []

    recorder.start([taken.extend])
    recorder.note(finished())

    wait_until(lambda: taken, "the call")


FORKED = """
import os, sys, time
from gateway.records.finished import FinishedCall
from gateway.records.recorder import Recorder

call = FinishedCall(id="a", began_at=1.0, key_id=1, key_name="k", operation="chat")
recorder, taken = Recorder(), []
recorder.note(call)
recorder.note(call)
recorder.start([taken.extend])
if child := os.fork():
    sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
taken.clear()
assert recorder.waiting == 0, "it took over what waits in its parent"
recorder.note(call)
until = time.monotonic() + 5
while not taken and time.monotonic() < until:
    time.sleep(0.01)
os._exit(0 if len(taken) == 1 else 1)
"""


@pytest.mark.fault("D20")
def test_a_process_that_is_forked_after_the_start_has_a_thread_of_its_own(measured):
    environment = {"DJANGO_SETTINGS_MODULE": "tests.settings"}

    done = subprocess.run(
        [sys.executable, "-c", FORKED], env=environment, capture_output=True, timeout=30
    )

    assert done.returncode == 0, done.stderr.decode()
    measured(
        "a recorder started before a fork: the child records on a thread of its own"
    )
