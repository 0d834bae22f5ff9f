"""What is said of schedules: in the admin and on the status page."""

from brains.schedules.models import Schedule
from brains.schedules.turns import Next
from brains.wording import exact


def sentence_of(coming: Next | None) -> str:
    """Say what comes next, as in "Next: Budget begins at 2026-11-26 22:00:00 UTC."."""
    if coming is None:
        return "Nothing is scheduled."
    verb = "begins" if coming.begins else "ends"
    return f"Next: {coming.schedule.preset} {verb} at {exact(coming.at)}."


def left_out_of(schedule: Schedule, *, with_reason: bool) -> str:
    """Say that a schedule was left out, and why to who may know what providers answer."""
    why = f" {schedule.left_out}" if with_reason else ""
    return f"{schedule.preset} was left out the last time.{why}"
