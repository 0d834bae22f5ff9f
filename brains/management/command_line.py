"""What the commands of every room share: who is at the keyboard, what a change did, dates as
they are typed, and refusals as sentences."""

import os
import pwd
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, time, timedelta

from django.core.exceptions import ValidationError
from django.core.management.base import CommandError
from django.db import DatabaseError, InterfaceError
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime

from brains import arrival, embedding_lock
from brains.activation import Author, Outcome
from brains.busy import is_busy
from brains.canary.sentences import ends_with_change
from brains.errors import BrainError, PreflightFailed
from brains.key_record import KeyRecord
from brains.models import Activation
from brains.preflight import gate
from brains.selection import Snapshot
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


def add_force(parser: ArgumentParser) -> None:
    """Add the option that `pass_gate` takes."""
    parser.add_argument(
        "--force",
        action="store_true",
        help="go past the check of its models; needs --reason, and the history says so",
    )


def pass_gate(snapshot: Snapshot | None, who: Author, *, force: bool) -> bool:
    """Let what is to be live through to what makes it so, and say whether that was forced.
    Raises EmbeddingLocked before any model is asked, and what `let_through` does."""
    _want_reason(who, force=force)
    embedding_lock.refuse_now(snapshot)
    return let_through(snapshot, who, force=force)


def let_through(snapshot: Snapshot | None, who: Author, *, force: bool) -> bool:
    """Let what calls may go to through the check of its models, and say whether that was
    forced. Raises CommandError with the way past."""
    _want_reason(who, force=force)
    candidate = gate.to_ask(snapshot)
    if candidate is None or force:
        return candidate is not None
    try:
        gate.admit(candidate)
    except PreflightFailed as failed:
        raise CommandError(
            f"{failed} Mend that, or do it all the same with --force --reason WHY."
        ) from failed
    return False


def _want_reason(who: Author, *, force: bool) -> None:
    if force and not who.reason:
        raise CommandError("Say why it goes past the check: --force needs --reason.")


def told(outcome: Outcome, sentence: str) -> Iterator[str]:
    """Yield what a command says of a change: what it did; the canary that ended with it;
    when it ends itself, if it is on trial; how many workers have it, which is waited for."""
    yield sentence
    if ended := ends_with_change(outcome.ended_canary):
        yield ended
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


def expiry(text: str | None) -> datetime | None:
    """Return when a key expires that is typed as a day or a moment; None for never.

    Raises CommandError for what is no date, or has passed.
    """
    if text is None:
        return None
    moment = _parsed(text)
    if moment is None:
        raise CommandError(f"{text[:40]!r} is no date: write it as 2027-01-31.")
    if moment <= timezone.now():
        raise CommandError(f"{text} is in the past: the key would never be valid.")
    return moment


def _parsed(text: str) -> datetime | None:
    """Read a day (to its last moment) or a moment; both in UTC unless it says otherwise."""
    try:
        if day := parse_date(text):
            return datetime.combine(day, time.max, UTC)
        moment = parse_datetime(text)
    except ValueError:
        return None
    if moment and timezone.is_naive(moment):
        return moment.replace(tzinfo=UTC)
    return moment


def refuse_bad_name(row: KeyRecord) -> None:
    """Raise CommandError when the name of a key cannot be used."""
    try:
        KeyRecord._meta.get_field("name").clean(row.name, row)
    except ValidationError as error:
        raise CommandError(
            f"The name cannot be used: {' '.join(error.messages)}"
        ) from error


def _who() -> str:
    try:
        return f"command line ({pwd.getpwuid(os.getuid()).pw_name})"
    except KeyError:  # a container may run as a user that has no name
        return "command line"
