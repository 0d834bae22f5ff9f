"""What the commands of every room share: who is at the keyboard, what a change did, and
refusals as sentences."""

import os
import pwd
from argparse import ArgumentTypeError
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from django.core.management.base import CommandError
from django.db import DatabaseError, InterfaceError

from brains import arrival
from brains.activation import Author, Outcome
from brains.busy import is_busy
from brains.errors import BrainError
from brains.models import Activation
from brains.trials import trial_of

MINUTES_MAX = 7 * 24 * 60
REASON_LENGTH = Activation._meta.get_field("reason").max_length or 0


def author(reason: str = "") -> Author:
    """Return who types the command, by the operating system's name for them.

    Raises CommandError when the reason does not fit into the history.
    """
    if len(reason) > REASON_LENGTH:
        raise CommandError(
            f"A reason has at most {REASON_LENGTH} characters, this has {len(reason)}."
        )
    return Author(name=_who(), reason=reason.strip())


def minutes(text: str) -> timedelta:
    """Return a number of minutes, as an option of a command has it.

    Raises ArgumentTypeError with a sentence.
    """
    if text.isdecimal() and 1 <= int(text[:9]) <= MINUTES_MAX:
        return timedelta(minutes=int(text[:9]))
    raise ArgumentTypeError(
        f"{text[:40]!r} is not a whole number of minutes from 1 to {MINUTES_MAX}."
    )


def told(outcome: Outcome, sentence: str) -> Iterator[str]:
    """Yield what a command says of a change: what it did; when it ends, if it is on trial;
    how many workers have it, which is waited for."""
    yield sentence
    if trial := trial_of(outcome.activation):
        yield f"It is on trial until {trial.ends}; then {trial.then}, unless it is confirmed."
    if arrived := arrival.after(outcome):
        yield arrived


@contextmanager
def refusals() -> Iterator[None]:
    """Turn what is refused, and a database that does not answer, into a CommandError."""
    try:
        yield
    except BrainError as refused:
        raise CommandError(str(refused)) from refused
    except (DatabaseError, InterfaceError) as error:
        if is_busy(error):
            raise CommandError(
                "Another change held the database for too long, so nothing was changed. "
                "Try again in a moment."
            ) from error
        raise CommandError(
            f"The database could not be used ({type(error).__name__}). Is it running, does "
            "DATABASE_URL name it, and was `manage.py migrate` run on it?"
        ) from error


def _who() -> str:
    try:
        return f"command line ({pwd.getpwuid(os.getuid()).pw_name})"
    except KeyError:  # a container may run as a user that has no name
        return "command line"
