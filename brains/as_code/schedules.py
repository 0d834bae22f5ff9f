"""What an import would do to the schedules, and doing it. A file that lists schedules says all
of them, in their order: of several that are on, the first is live. One that does not name them
leaves them as they are."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils import timezone

from brains.as_code.document import Document
from brains.as_code.entries import Entry, said
from brains.as_code.plan import Change, Plan, ScheduleStep, What
from brains.schedules.models import Schedule
from brains.schedules.next_turn import next_turn
from brains.schedules.wording import said_of_turn
from brains.schedules.written import FIELDS, schedule_from, texts_of

Key = tuple[str, ...]


@dataclass(slots=True)
class _Places:
    """Where the next schedule has to stand: behind all that came before it."""

    number: int = 0
    last_pk: int = 0
    is_behind: bool = False
    """Whether new rows came already: a row that is there cannot stand behind them."""

    def takes(self, row: Schedule | None) -> bool:
        """Count one, and say whether this row can stay where it is."""
        self.number += 1
        stays = row is not None and row.pk > self.last_pk and not self.is_behind
        if row is not None and stays:
            self.last_pk = row.pk
        self.is_behind = not stays
        return stays


def plan_schedules(
    document: Document, stored: Sequence[Schedule], result: Plan
) -> None:
    """Add to `result` what becomes of each schedule, and what is refused."""
    if document.schedules is None:
        return
    left = {_key(row): row for row in reversed(stored)}
    ranks = {row.pk: rank for rank, row in enumerate(stored, 1)}
    lines: dict[Key, int] = {}
    places = _Places()
    for entry in document.schedules:
        wanted = _wanted(entry, result)
        if wanted is None:
            continue
        key = _key(wanted)
        if key in lines:
            reason = f"This schedule stands here twice, first in line {lines[key]}."
            result.refusals.append(entry.refusal("preset", reason))
            continue
        lines[key] = entry.line
        row = left.pop(key, None)
        stays = places.takes(row)
        place = Change("place", str(ranks[row.pk]), str(places.number)) if row else None
        result.schedules.append(_step(wanted, row, None if stays else place))
    kept = {step.replaces for step in result.schedules}
    leaving = [row for row in stored if row.pk not in kept]
    result.schedules += [ScheduleStep(What.REMOVED, row, row.pk) for row in leaving]


def remove_schedules(planned: Plan) -> None:
    """Delete the rows that go or stand elsewhere. What one made live stays live."""
    gone = [s.replaces for s in planned.schedules if s.is_new or s.what is What.REMOVED]
    Schedule.objects.filter(pk__in=[pk for pk in gone if pk]).delete()


def save_schedules(planned: Plan) -> None:
    """Save what is added or changed, in order, once the presets are there."""
    for step in planned.schedules:
        row = step.schedule
        row.preset = row.preset  # it has its id by now
        if step.is_new:
            row.save(force_insert=True)
        elif step.what is What.CHANGED:
            row.save(update_fields=["is_enabled"])


def next_turn_of(planned: Plan) -> str:
    """Say what the schedules do within a minute of the import, as far as it changes them;
    "" when they do nothing."""
    kept = planned.of_schedules(What.ADDED, What.CHANGED, What.UNCHANGED)
    if len(planned.of_schedules(What.UNCHANGED)) == len(planned.schedules):
        return ""
    now = timezone.now()
    return said_of_turn(next_turn([s.schedule for s in kept], now), now)


def _wanted(entry: Entry, result: Plan) -> Schedule | None:
    """Return a schedule as it is to be; None when something of it is refused."""
    texts = {name: (entry.values.get(name) or "").strip() for name in FIELDS}
    name = (entry.values.get("preset") or "").strip()
    preset = result.find(name) if name else None
    if preset is None:
        reason = f"There will be no preset {said(name)}." if name else "It is missing."
        result.refusals.append(entry.refusal("preset", reason))
        return None
    row, problems = schedule_from(preset, texts)
    result.refusals += [entry.refusal(field, reason) for field, reason in problems]
    return None if problems else row


def _step(wanted: Schedule, row: Schedule | None, place: Change | None) -> ScheduleStep:
    """Return what becomes of a schedule; `place` when its row cannot stay where it is."""
    if row is None:
        return ScheduleStep(What.ADDED, wanted, is_new=True)
    changes = [
        Change(name, before, texts_of(wanted)[name])
        for name, before in texts_of(row).items()
        if before != texts_of(wanted)[name]
    ]
    changes += [place] if place else []
    what = What.CHANGED if changes else What.UNCHANGED
    if place:
        # What runs goes on: a turn that was taken is not taken again.
        wanted.began_as, wanted.returns_to = row.began_as, row.returns_to
        wanted.left_out = row.left_out
        return ScheduleStep(what, wanted, row.pk, tuple(changes), is_new=True)
    row.preset, row.is_enabled = wanted.preset, wanted.is_enabled
    return ScheduleStep(what, row, row.pk, tuple(changes))


def _key(row: Schedule) -> Key:
    """Return what tells a schedule from another; whether it is enabled does not."""
    texts = texts_of(row)
    return (row.preset.slug, *(texts[name] for name in FIELDS if name != "enabled"))
