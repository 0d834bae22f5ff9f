"""Notices of schedules that were left out, because the models of their preset did not pass the
check or the embedding model is locked."""

from datetime import datetime

from brains.schedules.models import Schedule
from gateway.notices.events import Event, tell


def tell_of_left_out(schedule: Schedule, now: datetime) -> None:
    """Tell that a schedule did not begin, and why: each time that happens."""
    tell(
        Event(
            type="schedule.left_out",
            about=(str(schedule.pk), now.isoformat()),
            subject=f"Aura: {schedule.preset.name} was not made live by its schedule",
            text=(
                f"{schedule} was left out. {schedule.left_out}\n"
                "What was live stays live; it is tried again at its next begin."
            ),
            data={
                "schedule": schedule.pk,
                "preset": schedule.preset.slug,
                "hours": str(schedule),
                "reason": schedule.left_out,
            },
        )
    )
