"""What stands around the live selection on the status page: workers, `.env` and the
database. The database is not asked here."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.conf import settings
from django.db import connection

from brains.live import Live
from brains.models import Worker
from brains.selection import Problem, Selection
from brains.status_state import Level
from brains.wording import LOADED_FROM, counted, listed
from brains.workers import Convergence

NAMED_MAX = 10


@dataclass(frozen=True, slots=True)
class Fact:
    """One line about something, and what to know of its parts."""

    level: Level
    text: str
    details: tuple[str, ...] = ()


def workers(seen: Convergence, selection: Selection) -> Fact:
    """Say how many living workers serve `selection`, and name those that do not."""
    total = len(seen.alive)
    if not total:
        return Fact(Level.PLAIN, "No worker has reported lately.")
    same = total - len(seen.behind) - len(seen.different)
    text = f"{same} of {counted(total, 'worker')} on revision {selection.revision}"
    level = Level.GOOD if seen.is_complete else Level.ATTENTION
    return Fact(level, text, tuple(_others(seen)))


def disagreement(seen: Convergence) -> list[Problem]:
    """Return the problem that workers on one revision serve different values, if so.

    Workers behind are none: a moment after a change some always are.
    """
    if not seen.different:
        return []
    return [
        Problem(
            source="env",
            name="Workers",
            reason=f"Of {counted(len(seen.alive), 'worker')}, {len(seen.different)} serve "
            "other values on the same revision: their environment differs.",
            hint="Give every worker the same environment and .env, and restart them.",
        )
    ]


def dotenv() -> Fact:
    """Say whether `.env` was read at the start, and whether it changed since."""
    file = settings.AURA_DOTENV
    if file.has_changed():
        return Fact(Level.ATTENTION, "Changed since the start: restart to apply it.")
    if file.state == "unreadable":
        return Fact(Level.ATTENTION, f"Found, but not read. {file.reason}")
    if file.state == "missing":
        return Fact(Level.PLAIN, "Not there; nothing is read from it.")
    return Fact(Level.GOOD, f"Found, {counted(len(file.values), 'value')}.")


def database(is_connected: bool) -> Fact:
    """Say which database this is and whether it answers; it is not asked here."""
    name = connection.display_name
    if is_connected:
        return Fact(Level.GOOD, f"{name} answers.")
    return Fact(Level.ATTENTION, f"{name} cannot be used.")


def loaded_from(now: Live) -> Fact:
    """Say where this process has what it serves from."""
    is_usual = now.loaded_from == "database"
    place = LOADED_FROM[now.loaded_from]
    return Fact(Level.GOOD if is_usual else Level.PLAIN, f"{place.capitalize()}.")


def _others(seen: Convergence) -> Iterator[str]:
    if seen.behind:
        yield f"On another revision: {_named(seen.behind)}"
    if seen.different:
        yield f"Other values: {_named(seen.different)}"


def _named(workers: Sequence[Worker]) -> str:
    names = [f"{w.node}:{w.pid}" for w in workers[:NAMED_MAX]]
    more = len(workers) - len(names)
    return listed([*names, *([f"{more} more"] if more else [])])
