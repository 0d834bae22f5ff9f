"""What an import would do: every preset of the document beside the one that is stored. It asks
no database and changes nothing."""

import copy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from brains.as_code.document import Document
from brains.as_code.entries import Refusal, Wanted, checked, fields_of, said
from brains.layers import DIMENSION
from brains.models import ModelPreset
from brains.names import free_slug, skeleton
from brains.schedules.models import Schedule


class What(StrEnum):
    """What becomes of a preset."""

    ADDED = "added"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    REMOVED = "removed"
    KEPT = "kept"


@dataclass(frozen=True, slots=True)
class Change:
    """One field of a preset, before and after; "" is blank."""

    field: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Step:
    """What becomes of one preset. `preset` is the row as it is to be saved or deleted."""

    what: What
    preset: ModelPreset
    changes: tuple[Change, ...] = ()
    is_live: bool = False


@dataclass(frozen=True, slots=True)
class ScheduleStep:
    """What becomes of one schedule. `schedule` is the row as it is to be saved or deleted,
    `replaces` the id of the one that is there."""

    what: What
    schedule: Schedule
    replaces: int | None = None
    changes: tuple[Change, ...] = ()
    is_new: bool = False
    """Whether a row is inserted for it: also where it stands elsewhere in the order."""


@dataclass(frozen=True, slots=True)
class Options:
    """How to import: change nothing; remove what the document does not name; make one live
    afterwards, by its name or slug; past the check of its models; only if the one preset is
    as it was at that moment."""

    dry_run: bool = False
    prune: bool = False
    activate: str = ""
    force: bool = False
    opened_at: str | None = None


@dataclass(slots=True)
class Plan:
    """The steps, in the order of the document, and all that is refused."""

    steps: list[Step] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    schedules: list[ScheduleStep] = field(default_factory=list)
    staying: list[ModelPreset] = field(default_factory=list)
    """The presets that the document does not name and that stay."""

    def of(self, *kinds: What) -> list[Step]:
        """Return the steps of these kinds."""
        return [step for step in self.steps if step.what in kinds]

    def of_schedules(self, *kinds: What) -> list[ScheduleStep]:
        """Return the steps of schedules of these kinds."""
        return [step for step in self.schedules if step.what in kinds]

    def find(self, name: str) -> ModelPreset | None:
        """Return the preset that `activation.find_preset` will find once all is done."""
        kept = [step.preset for step in self.steps if step.what is not What.REMOVED]
        wanted = name.strip().casefold()
        there = [*kept, *self.staying]
        by_name = (preset for preset in there if preset.name.casefold() == wanted)
        by_slug = (preset for preset in there if preset.slug == wanted)
        return next(by_name, None) or next(by_slug, None)

    @property
    def touches_live(self) -> bool:
        """Whether the preset that is live would be saved anew."""
        return any(step.is_live for step in self.of(What.CHANGED))


@dataclass(frozen=True, slots=True)
class _Pair:
    """A preset that is wanted, and the one that is stored, if there is one."""

    wanted: Wanted
    stored: ModelPreset | None


def plan(
    document: Document,
    stored: Sequence[ModelPreset],
    live_id: int | None,
    options: Options,
) -> Plan:
    """Return what importing `document` over the presets that are `stored` would do."""
    result = Plan(refusals=list(document.refusals))
    pairs = _paired(_wanted(document, result), stored, result)
    named = {pair.stored.pk for pair in pairs if pair.stored}
    others = [preset for preset in stored if preset.pk not in named]
    taken = {p.slug for p in stored} | {pair.wanted.slug for pair in pairs}
    for pair in pairs:
        step = _step(pair, taken, live_id)
        taken.add(step.preset.slug)
        result.steps.append(step)
    leaving = others if options.prune else []
    result.steps += [_leave(preset, live_id) for preset in leaving]
    result.staying = [p for p in others if not options.prune or p.pk == live_id]
    result.refusals += _look_alikes(pairs, result.staying)
    result.refusals += _unknown(options.activate, result)
    result.refusals.sort(key=lambda refusal: refusal.line)
    return result


def _wanted(document: Document, result: Plan) -> list[Wanted]:
    wanted = []
    for entry in document.entries:
        outcome = checked(entry)
        if isinstance(outcome, Wanted):
            wanted.append(outcome)
        else:
            result.refusals += outcome
    return wanted


def _paired(
    wanted: Sequence[Wanted], stored: Sequence[ModelPreset], result: Plan
) -> list[_Pair]:
    """Find the stored preset of each: by its slug, or by its name where no slug is said.
    A preset that is named twice is refused."""
    by_slug = {preset.slug: preset for preset in stored}
    by_name = {preset.name.casefold(): preset for preset in stored}
    pairs: list[_Pair] = []
    seen: dict[str, int] = {}
    for each in wanted:
        by_its = by_slug.get(each.slug) if each.slug else by_name.get(_folded(each))
        key = by_its.slug if by_its else each.slug or f"name {_folded(each)}"
        if key in seen:
            reason = f"This preset stands here twice, first in line {seen[key]}."
            result.refusals.append(
                each.entry.refusal("slug" if each.slug else "name", reason)
            )
            continue
        seen[key] = each.entry.line
        pairs.append(_Pair(each, by_its))
    return pairs


def _folded(wanted: Wanted) -> str:
    return wanted.name.casefold()


def _step(pair: _Pair, taken: set[str], live_id: int | None) -> Step:
    stored, fields = pair.stored, dict(pair.wanted.fields)
    fields["slug"] = (
        stored.slug if stored else fields["slug"] or free_slug(fields["name"], taken)
    )
    before = fields_of(stored) if stored else dict.fromkeys(fields, "")
    changes = tuple(
        Change(name, before[name], after)
        for name, after in fields.items()
        if before[name] != after
    )
    what = What.ADDED if stored is None else What.CHANGED if changes else What.UNCHANGED
    preset = copy.copy(stored) if stored else ModelPreset()
    for change in changes:
        setattr(preset, change.field, _as_kept(change.field, change.after))
    is_live = stored is not None and stored.pk == live_id
    return Step(what, preset, changes, is_live)


def _as_kept(name: str, text: str) -> str | int | None:
    if name == DIMENSION.field:
        return int(text) if text else None
    return text


def _leave(preset: ModelPreset, live_id: int | None) -> Step:
    """Remove what the document does not name; the live preset stays."""
    is_live = preset.pk == live_id
    return Step(What.KEPT if is_live else What.REMOVED, preset, is_live=is_live)


def _look_alikes(
    pairs: Sequence[_Pair], staying: Sequence[ModelPreset]
) -> Iterator[Refusal]:
    """Refuse names that would look like another's once all is done."""
    seen = {look: preset.name for preset in staying for look in _looks(preset.name)}
    for pair in pairs:
        name = pair.wanted.name
        other = next((seen[look] for look in _looks(name) if look in seen), "")
        if other:
            yield pair.wanted.entry.refusal("name", f"This name looks like {other}.")
        seen |= dict.fromkeys(_looks(name), name)


def _looks(name: str) -> tuple[str, str]:
    """Return how a name looks, as `names.look_alike` compares it."""
    return f"as written: {skeleton(name)}", f"in small: {skeleton(name.casefold())}"


def _unknown(name: str, result: Plan) -> Iterator[Refusal]:
    """Refuse to activate what will not be there."""
    if name and result.find(name) is None:
        reason = "There will be no such preset to activate."
        yield Refusal(reason, preset=said(name), field="activate")
