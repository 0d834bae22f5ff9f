"""Log lines are written by a thread: in order, soon, and never by whoever logs."""

import contextlib
import io
import logging
import subprocess
import sys
import threading

import pytest

from aura_site import log_handler
from aura_site.log_handler import QueuedHandler
from tests.waiting import wait_until

SCRIPT = """
import logging, logging.config, os, sys
from aura_site.logs import logging_config
logging.config.dictConfig(logging_config("INFO"))
log = logging.getLogger("gateway")
"""


class Gate(io.StringIO):
    """A stream whose reader takes nothing until it is opened."""

    def __init__(self) -> None:
        super().__init__()
        self.opened, self.reached = threading.Event(), threading.Event()

    def write(self, text):
        self.reached.set()
        assert self.opened.wait(10), "nobody opened the gate"
        return super().write(text)


class Gone(io.StringIO):
    """A stream whose reader has gone."""

    def write(self, text):
        raise BrokenPipeError


@pytest.fixture
def stream():
    return io.StringIO()


@pytest.fixture
def gate():
    return Gate()


@pytest.fixture
def logger_on():
    """Return a function that gives a logger which writes to a stream, and its handler."""
    with contextlib.ExitStack() as stack:

        def make(stream):
            handler = QueuedHandler(stream)
            logger = logging.getLogger(f"{__name__}.{id(handler)}")
            logger.setLevel("INFO")
            logger.propagate = False
            logger.addHandler(handler)
            stack.callback(logger.removeHandler, handler)
            stack.callback(handler.close)
            return logger, handler

        yield make


def lines_of(stream):
    return stream.getvalue().splitlines()


def output_of(script):
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT + script],
        capture_output=True,
        text=True,
        timeout=20,
    )
    return [line.rpartition("] ")[2] for line in done.stderr.splitlines()]


def test_lines_are_written_in_order(logger_on, stream):
    logger, handler = logger_on(stream)
    for number in range(3000):
        logger.info("line %s", number)
    handler.flush()
    assert lines_of(stream) == [f"line {number}" for number in range(3000)]
    assert handler.lost == 0


def test_a_line_is_written_without_another_one(logger_on, stream):
    logger, handler = logger_on(stream)
    logger.info("one")
    wait_until(lambda: lines_of(stream) == ["one"], "the first line")
    logger.info("two")  # finds a thread that waits
    wait_until(lambda: lines_of(stream) == ["one", "two"], "the second line")


def test_a_warning_does_not_wait_for_the_pause(logger_on, stream, monkeypatch):
    monkeypatch.setattr(log_handler, "PAUSE_S", 60)
    logger, handler = logger_on(stream)
    logger.info("before")
    logger.warning("now")
    wait_until(lambda: lines_of(stream) == ["before", "now"], "the warning")


def test_threads_that_log_at_once_lose_nothing(logger_on, stream):
    logger, handler = logger_on(stream)

    def log(name):
        for number in range(500):
            logger.info("%s %s", name, number)

    threads = [threading.Thread(target=log, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    handler.flush()
    assert sorted(lines_of(stream)) == sorted(
        f"{name} {number}" for name in "abcd" for number in range(500)
    )


def test_a_reader_that_takes_nothing_stalls_nobody(logger_on, gate):
    logger, handler = logger_on(gate)
    logger.warning("first")
    assert gate.reached.wait(5)
    for number in range(100):  # would wait at the gate, were it written here
        logger.error("line %s", number)
    assert lines_of(gate) == []
    gate.opened.set()
    wait_until(lambda: len(lines_of(gate)) == 101, "every line")


def test_what_does_not_fit_is_counted_and_said(logger_on, gate, monkeypatch):
    monkeypatch.setattr(log_handler, "LINES_MAX", 10)
    logger, handler = logger_on(gate)
    logger.warning("first")
    assert gate.reached.wait(5)
    for number in range(25):
        logger.info("line %s", number)
    assert handler.lost == 15
    gate.opened.set()
    wait_until(lambda: len(lines_of(gate)) == 12, "the line about those that are lost")
    assert lines_of(gate)[-2:] == [
        "line 9",
        "Log lines that nobody took in time were lost: 15",
    ]


def test_a_reader_that_has_gone_harms_nobody(logger_on):
    logger, handler = logger_on(Gone())
    logger.warning("into the void")
    wait_until(lambda: handler.lost >= 1, "the loss")
    logger.warning("again")
    wait_until(lambda: handler.lost >= 2, "the second loss")


def test_a_wrong_log_call_does_not_raise(logger_on, stream, monkeypatch):
    monkeypatch.setattr(logging, "raiseExceptions", False)
    logger, handler = logger_on(stream)
    logger.info("%s and %s", "one")
    logger.warning("fine")
    wait_until(lambda: lines_of(stream) == ["fine"], "the next line")


def test_a_filter_keeps_a_line_back(logger_on, stream):
    logger, handler = logger_on(stream)
    handler.addFilter(lambda record: "secret" not in record.getMessage())
    logger.warning("a secret")
    logger.warning("open")
    wait_until(lambda: lines_of(stream) == ["open"], "the open line")


def test_closing_writes_what_waits_and_what_comes_later(logger_on, stream):
    before = writers()
    logger, handler = logger_on(stream)
    logger.info("waits")
    assert len(writers() - before) == 1
    handler.close()
    assert lines_of(stream) == ["waits"]
    wait_until(lambda: not writers() - before, "the thread's end")
    logger.info("later")
    assert lines_of(stream) == ["waits", "later"]


def writers():
    """The threads that write log lines, that of the settings' own handler included."""
    return {thread for thread in threading.enumerate() if thread.name == "log-lines"}


def test_no_end_waits_for_a_reader_for_long(logger_on, gate, monkeypatch):
    monkeypatch.setattr(log_handler, "FLUSH_S", 0.01)
    logger, handler = logger_on(gate)
    logger.warning("first")
    assert gate.reached.wait(5)
    handler.flush()
    assert lines_of(gate) == []
    gate.opened.set()
    wait_until(lambda: lines_of(gate) == ["first"], "the line")


def test_a_process_that_ends_has_written_all():
    assert output_of("log.info('last words')") == ["INFO last words"]


def test_a_process_that_fails_has_written_all():
    lines = output_of("log.info('last words'); log.info('more'); raise KeyError('end')")
    assert {"INFO last words", "INFO more", "KeyError: 'end'"} <= set(lines)


def test_what_is_said_at_the_very_end_is_written():
    script = "import atexit; atexit.register(log.info, 'at the end'); log.info('begun')"
    assert output_of(script) == ["INFO begun", "INFO at the end"]


def test_a_forked_process_writes_its_own_lines_and_no_other():
    script = """
log.info('of the parent')
child = os.fork()
if not child:
    log.info('of the child')
    sys.exit()
os.waitpid(child, 0)
log.info('of the parent again')
"""
    assert sorted(output_of(script)) == [
        "INFO of the child",
        "INFO of the parent",
        "INFO of the parent again",
    ]
