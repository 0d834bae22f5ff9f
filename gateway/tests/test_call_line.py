"""The line of a call is written with and without a record of logging's."""

import contextlib
import logging

import pytest

from gateway.call_line import log_call, logger

LINE = "Using model: a/b layer=l3 call=req_1"


class Takes(logging.Handler):
    """A handler that takes text, and says how it got it."""

    def __init__(self):
        super().__init__()
        self.texts, self.records = [], []

    def info(self, message):
        self.texts.append(message)

    def emit(self, record):
        self.records.append(record.getMessage())


@contextlib.contextmanager
def listening(*handlers, on="", level=logging.INFO):
    """Let these alone get what the root gets, and the first one what `on` gets, too."""
    others, before = logging.root.handlers, logger.level
    logging.root.handlers = list(handlers)
    logger.setLevel(level)
    if on:
        logging.getLogger(on).addHandler(handlers[0])
    try:
        yield
    finally:
        if on:
            logging.getLogger(on).removeHandler(handlers[0])
        logging.root.handlers = others
        logger.setLevel(before)


def log():
    log_call("a/b", "layer=l3", "req_1")


def test_handler_that_takes_text_gets_it():
    handler = Takes()
    with listening(handler):
        log()
    assert (handler.texts, handler.records) == ([LINE], [])


@pytest.mark.parametrize("name", ["gateway", "gateway.call_line"])
def test_record_is_made_where_another_handler_listens(name):
    handler = Takes()
    with listening(handler, on=name):
        log()
    assert (handler.texts, handler.records) == ([], [LINE, LINE])


def test_record_is_made_for_two_handlers():
    one, other = Takes(), Takes()
    with listening(one, other):
        log()
    assert one.records == other.records == [LINE]


def test_record_is_made_for_a_handler_of_another_kind(caplog):
    with listening(caplog.handler):
        log()
    assert caplog.messages == [LINE]


def test_nothing_is_logged_below_the_level():
    handler = Takes()
    with listening(handler, level=logging.WARNING):
        log()
    assert handler.texts == handler.records == []
