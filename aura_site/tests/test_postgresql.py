"""A statement waits as long as it must, unless the server answers nobody."""

import psycopg
import pytest

from aura_site.postgresql import base
from aura_site.postgresql.base import with_end

NO_NEWS, NEWS = 0, 1


def answering(after):
    """What psycopg waits for: an answer that comes after so many times without news."""
    for _ in range(after):
        yield "readable"
    return "the answer"


def drive(waiting):
    """Wait as psycopg does, without the waiting."""
    try:
        next(waiting)
        for _ in range(1000):
            waiting.send(NO_NEWS)
    except StopIteration as end:
        return end.value
    raise AssertionError("it waits for ever")


@pytest.fixture
def impatient(monkeypatch):
    monkeypatch.setattr(base, "PATIENCE_S", 0)


def test_an_answer_is_passed_on():
    assert drive(with_end(answering(3), lambda: False)) == "the answer"


def test_an_answer_at_once_is_passed_on():
    assert drive(with_end(answering(0), lambda: True)) == "the answer"


@pytest.mark.usefixtures("impatient")
def test_a_wait_ends_when_the_server_answers_nobody():
    with pytest.raises(psycopg.OperationalError, match="does not answer"):
        drive(with_end(answering(100), lambda: True))


@pytest.mark.usefixtures("impatient")
def test_a_statement_that_takes_long_may_while_others_are_answered():
    assert drive(with_end(answering(900), lambda: False)) == "the answer"


def test_a_wait_has_some_seconds_of_its_own():
    """Else a slow server, silent by our count, would never be asked to its end again."""
    assert drive(with_end(answering(900), lambda: True)) == "the answer"


@pytest.mark.usefixtures("impatient")
def test_news_are_passed_on_even_then():
    waiting = with_end(answering(2), lambda: True)
    next(waiting)
    waiting.send(NEWS)
    with pytest.raises(StopIteration):
        waiting.send(NEWS)
