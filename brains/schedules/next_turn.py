"""What is done at the next look at the schedules, which is within a minute: the one that ends,
and the one that begins. What the saving of one changes of that."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from brains import activation
from brains.schedules.models import Schedule


@dataclass(frozen=True, slots=True)
class Turn:
    """The schedule that ends, and the one that begins; None for none."""

    ends: Schedule | None = None
    begins: Schedule | None = None

    @property
    def changes_live(self) -> bool:
        """Whether what is live changes with it, as far as that is known before."""
        if self.ends and goes_back(self.ends):
            return True
        return bool(self.begins and not activation.is_live(self.begins.preset))


def stored() -> list[Schedule]:
    """Return all schedules, in their order."""
    return list(Schedule.objects.select_related("preset"))


def next_turn(schedules: Sequence[Schedule], now: datetime) -> Turn:
    """Return what is to be done: of several schedules that are on, the first is live."""
    wanted = first_on(schedules, now)
    running = next((s for s in schedules if s.began_as is not None), None)
    is_begun = wanted is None or wanted.began_as is not None
    return Turn(
        ends=running if running is not None and running != wanted else None,
        begins=None if is_begun else wanted,
    )


def turn_by_saving(schedule: Schedule, now: datetime) -> Turn | None:
    """Return what is done within a minute because this schedule is saved as it is; None when
    the same, or nothing, is done in any case."""
    before = stored()
    turn = next_turn(_with(schedule, before), now)
    return turn if turn not in (Turn(), next_turn(before, now)) else None


def first_on(schedules: Sequence[Schedule], now: datetime) -> Schedule | None:
    """Return the first schedule in whose hours `now` lies."""
    on = (s for s in schedules if s.is_enabled and s.hours.is_on(now))
    return next(on, None)


def goes_back(schedule: Schedule) -> bool:
    """Say whether what was live before a schedule comes back at its end: not when somebody
    changed what is live since, nor when its begin changed nothing."""
    newest = activation.latest()
    is_untouched = newest is not None and newest.revision == schedule.began_as
    return is_untouched and schedule.returns_to != schedule.began_as


def _with(schedule: Schedule, schedules: Sequence[Schedule]) -> list[Schedule]:
    if schedule._state.adding:
        return [*schedules, schedule]
    return [schedule if each.pk == schedule.pk else each for each in schedules]
