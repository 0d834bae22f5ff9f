"""How log lines look, and which are shown."""

import logging
import logging.config
import sys

import pytest

from aura_site.log_handler import QueuedHandler
from aura_site.logs import LINE, LineFormatter, logging_config

LONG_AGO = 1_000_000_000.25


def record(text="Using model: %s", *args, exc_info=None):
    return logging.LogRecord("gateway", logging.INFO, "", 0, text, args, exc_info)


def test_every_room_logs_from_the_level_that_is_set():
    loggers = logging_config("DEBUG")["loggers"]
    rooms = ("aura_site", "cognition", "gateway", "brains", "providers")
    assert {loggers[room]["level"] for room in rooms} == {"DEBUG"}


def test_a_line_says_when_and_from_which_process():
    (formatter,) = logging_config("INFO")["formatters"].values()
    assert formatter["format"].startswith("%(asctime)s [%(process)d] %(levelname)s")


def test_the_configuration_can_be_used_and_queues_lines():
    configurator = logging.config.DictConfigurator(logging_config("INFO"))
    config = configurator.config
    formatter = configurator.configure_formatter(config["formatters"]["line"])
    assert type(formatter) is LineFormatter
    config["formatters"]["line"] = formatter
    handler = configurator.configure_handler(config["handlers"]["console"])
    assert type(handler) is QueuedHandler
    handler.close()


@pytest.mark.parametrize("created", [LONG_AGO, LONG_AGO + 0.5, LONG_AGO + 86_400])
def test_a_line_is_the_one_that_logging_itself_would_write(created):
    fast, plain = LineFormatter(LINE), logging.Formatter(LINE)
    for text, args in (("Using model: %s", ("a/b",)), ("100 %", ()), ("ä %d", (3,))):
        made = record(text, *args)
        made.created, made.msecs = created, (created % 1) * 1000
        assert fast.format(made) == plain.format(made)


def test_a_traceback_follows_its_line():
    try:
        raise KeyError("usage")
    except KeyError:
        made = record("A request failed", exc_info=sys.exc_info())
    assert LineFormatter(LINE).format(made) == logging.Formatter(LINE).format(made)
    assert "Traceback" in LineFormatter(LINE).format(made)


def test_the_second_that_is_remembered_does_not_outlive_itself():
    formatter, lines = LineFormatter(LINE), []
    for created in (LONG_AGO, LONG_AGO + 1, LONG_AGO):
        made = record("Hello")
        made.created = created
        lines.append(formatter.format(made).partition(",")[0])
    assert lines[0] == lines[2] != lines[1]
