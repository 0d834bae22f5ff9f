"""How log lines look."""

from aura_site.logs import logging_config


def test_every_room_logs_from_the_level_that_is_set():
    loggers = logging_config("DEBUG")["loggers"]
    rooms = ("aura_site", "gateway", "brains", "providers")
    assert {loggers[room]["level"] for room in rooms} == {"DEBUG"}


def test_a_line_says_when_and_from_which_process():
    (formatter,) = logging_config("INFO")["formatters"].values()
    assert formatter["format"].startswith("%(asctime)s [%(process)d] %(levelname)s")
