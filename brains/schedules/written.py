"""A schedule as somebody wrote it, in a file or to the API, and its checks: those of the form
in the admin."""

from collections.abc import Mapping
from datetime import time
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone

from brains.models import ModelPreset
from brains.schedules.models import Schedule
from brains.schedules.next_turn import Turn
from brains.schedules.times import DAYS

FIELDS = ("days", "begins", "ends", "time_zone", "enabled")
NAMES = ("preset", *FIELDS)
# As YAML spells them.
_ENABLED = {
    **dict.fromkeys(("", "true", "yes", "on"), True),
    **dict.fromkeys(("false", "no", "off"), False),
}


def schedule_from(
    preset: ModelPreset, texts: Mapping[str, str]
) -> tuple[Schedule, list[tuple[str, str]]]:
    """Return a schedule that is not saved, and what is wrong with it: fields and reasons.
    Days, zone and enabled may be left out: every day, UTC, yes."""
    row = Schedule(
        preset=preset, begins=texts.get("begins", ""), ends=texts.get("ends", "")
    )
    row.days = _days(texts.get("days", ""))
    row.time_zone = texts.get("time_zone", "") or "UTC"
    missing = [name for name in ("begins", "ends") if not texts.get(name)]
    problems = [(name, "It is missing: write it as in 22:00.") for name in missing]
    try:
        row.clean_fields(exclude=["preset", *missing])
    except ValidationError as error:
        said = error.message_dict.items()
        problems += [(name, " ".join(reasons)) for name, reasons in said]
    enabled = _ENABLED.get(texts.get("enabled", "").lower())
    if enabled is None:
        problems.append(("enabled", "This is true or false."))
    row.is_enabled = bool(enabled)
    return row, problems


def texts_of(schedule: Schedule) -> dict[str, str]:
    """Return the fields of a schedule as they are written, but for its preset."""
    return {
        "days": schedule.days.replace(" ", ""),
        "begins": _clock(schedule.begins),
        "ends": _clock(schedule.ends),
        "time_zone": schedule.time_zone,
        "enabled": "true" if schedule.is_enabled else "false",
    }


def as_json(schedule: Schedule, turn: Turn) -> dict[str, Any]:
    """Return a schedule for programs, and when it begins or ends next; `turn` is what all of
    them do within a minute."""
    hours, now = schedule.hours, timezone.now()
    at = hours.next_change(now) if schedule.is_enabled else None
    return {
        "id": schedule.pk,
        "preset": schedule.preset.slug,
        **texts_of(schedule),
        "enabled": schedule.is_enabled,
        "is_on": bool(schedule.began_as),
        "begins_now": turn.begins == schedule,
        "left_out": schedule.left_out or None,
        "next": {"begins": not hours.is_on(now), "at": at.isoformat()} if at else None,
    }


def _clock(at: time) -> str:
    is_whole = at == at.replace(second=0, microsecond=0)
    return at.isoformat("minutes" if is_whole else "auto")


def _days(text: str) -> str:
    """Return days as they are kept: each once, in the order of the week."""
    named = {day.strip().lower() for day in text.split(",")} - {""}
    known = [day for day in DAYS if day in named]
    if not named:
        return ",".join(DAYS)
    return ",".join(known) if len(known) == len(named) else text
