"""What is said of schedules: in the admin, on the status page, in `/api/` and by commands."""

from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from brains import activation
from brains.canary import rows as canaries
from brains.canary.sentences import ends_with_change
from brains.models import Activation
from brains.preflight import gate
from brains.schedules.models import Schedule
from brains.schedules.next_turn import (
    Turn,
    first_on,
    goes_back,
    next_turn,
    stored,
)
from brains.schedules.turns import Next
from brains.trials import named

STAYS = "What it made live stays live."


def sentence_of(coming: Next | None) -> str:
    """Say what comes next, as in "Next: Budget begins at 22:00 on Thu 2026-11-26 (UTC)."."""
    if coming is None:
        return "Nothing is scheduled."
    verb = "begins" if coming.begins else "ends"
    return f"Next: {coming.schedule.preset} {verb} at {_local(coming.at, coming.schedule)}."


def left_out_of(schedule: Schedule, *, with_reason: bool) -> str:
    """Say that a schedule was left out, and why to who may know what providers answer."""
    why = f" {schedule.left_out}" if with_reason else ""
    return f"{schedule.preset} was left out the last time.{why}"


def said_of_turn(turn: Turn, now: datetime) -> str:
    """Say what the schedules do within a minute, and which canary ends with that; "" when
    they do nothing."""
    canary = canaries.running() if turn.changes_live else None
    parts = (*_ends(turn), *_begins(turn, now), ends_with_change(canary))
    return " ".join(part for part in parts if part)


def after_saving(schedule: Schedule, now: datetime) -> str:
    """Say what a schedule that was saved does now, or when it begins or ends next."""
    schedules = stored()
    turn = next_turn(schedules, now)
    if schedule in (turn.ends, turn.begins):
        return said_of_turn(turn, now)
    if not schedule.is_enabled:
        return "It is switched off: it does nothing."
    first = first_on(schedules, now)
    if first and first != schedule and schedule.hours.is_on(now):
        return (
            f"The hours of {schedule.preset} have begun, but the schedule of "
            f"{first.preset} comes first: {schedule.preset} waits for its end."
        )
    at = schedule.hours.next_change(now)
    if at is None:
        return "It never begins: a clock skips its hours."
    return sentence_of(Next(schedule, at, begins=not schedule.hours.is_on(now)))


def after_deleting(schedule: Schedule, now: datetime) -> str:
    """Say what becomes of what a schedule made live, and what the others do now; "" where
    there is nothing to say."""
    stays = STAYS if schedule.began_as else ""
    return f"{stays} {said_of_turn(next_turn(stored(), now), now)}".strip()


def _ends(turn: Turn) -> Iterator[str]:
    if turn.ends is None:
        return
    said = f"The schedule of {turn.ends.preset} ends within a minute"
    if turn.begins:
        yield f"{said}."
    elif goes_back(turn.ends):
        yield f"{said}: {_what_comes_back(turn.ends)}."
    else:
        yield f"{said}; what is live stays."


def _what_comes_back(schedule: Schedule) -> str:
    before = Activation.objects.filter(revision=schedule.returns_to or 0).first()
    return f"{named(before)} comes back" if before else "no preset is live then"


def _begins(turn: Turn, now: datetime) -> Iterator[str]:
    schedule = turn.begins
    if schedule is None:
        return
    end = schedule.hours.next_change(now)
    until = f"until {_local(end, schedule)}" if end else "from then on"
    begun = f"The hours of {schedule.preset} have begun: it"
    if activation.is_live(schedule.preset):
        yield f"{begun} is live already, and stays so {until}."
    else:
        is_asked = gate.to_ask(schedule.preset.snapshot()) is not None
        provided = ", if its models answer" if is_asked else ""
        yield f"{begun} goes live within a minute and {until}{provided}."


def _local(moment: datetime, schedule: Schedule) -> str:
    """Return a moment by the clock of a schedule."""
    there = moment.astimezone(ZoneInfo(schedule.time_zone))
    return f"{there:%H:%M on %a %Y-%m-%d} ({schedule.time_zone})"
