"""An import, done: all of it in one transaction, or nothing. What is written goes through
`brains/activation.py`; what it would do is worked out in `plan`. What is to be live
afterwards goes through the check of its models first, as everywhere."""

from collections.abc import Callable
from dataclasses import dataclass

from brains import activation, embedding_lock
from brains.activation import Author
from brains.as_code.document import Document
from brains.as_code.entries import Refusal
from brains.as_code.plan import Options, Plan, Step, What, plan
from brains.as_code.schedules import (
    next_turn_of,
    plan_schedules,
    remove_schedules,
    save_schedules,
)
from brains.canary import rows as canaries
from brains.canary.models import Canary
from brains.errors import PresetChanged
from brains.models import ModelPreset, Schedule
from brains.preflight import gate
from brains.selection import Snapshot


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did or, when something was refused or it was a dry run, would do.
    `revision` is the one that it made live, or None when what is live stayed as it was;
    `ended_canary` the one that ends with it. `turn` says what the schedules do within a
    minute."""

    plan: Plan
    options: Options
    revision: int | None = None
    ended_canary: Canary | None = None
    turn: str = ""

    @property
    def is_refused(self) -> bool:
        """Whether nothing was changed because something in it cannot be."""
        return bool(self.plan.refusals)

    @property
    def is_applied(self) -> bool:
        """Whether all is now as the document says."""
        return not (self.is_refused or self.options.dry_run)


def import_presets(
    document: Document,
    author: Author,
    options: Options,
    allow: Callable[[Plan], None] = lambda plan: None,
) -> Imported:
    """Make the presets as `document` has them: all or, when one thing is refused, none. An
    edit of the live preset is a revision.

    `allow` is asked before anything is written and may raise, which also changes nothing.
    Raises PreflightFailed, PresetChanged and EmbeddingLocked.
    """
    if options.dry_run:
        return _would_be(_plan(document, options), options)
    checked = _checked(document, options, allow)
    with activation.together():
        planned = _plan(document, options)
        if planned.refusals:
            return Imported(planned, options)
        allow(planned)
        forced = _passes(planned, options, checked)
        before, canary = _revision(), canaries.running()
        _apply(planned, author, options, forced=forced)
        if options.activate:
            preset = activation.find_preset(options.activate)
            activation.activate(preset, author, forced=forced)
        after = _revision()
    revision = after if after != before else None
    if canary:
        canary.refresh_from_db()
    ended = canary if canary and canary.how else None
    return Imported(planned, options, revision, ended, next_turn_of(planned))


def _would_be(planned: Plan, options: Options) -> Imported:
    """Return what an import would do, as far as that can be seen without doing it."""
    if planned.refusals:
        return Imported(planned, options)
    wanted, newest = _to_be_live(planned, options), activation.latest()
    is_changed = bool(wanted and (newest is None or newest.as_snapshot() != wanted))
    ending = canaries.running() if is_changed else None
    turn = next_turn_of(planned)
    return Imported(planned, options, ended_canary=ending, turn=turn)


def _plan(document: Document, options: Options) -> Plan:
    stored = list(ModelPreset.objects.order_by("slug"))
    planned = plan(document, stored, activation.live_preset_id(), options)
    plan_schedules(document, list(Schedule.objects.select_related("preset")), planned)
    for step in planned.of(What.REMOVED):
        if document.schedules is None and step.preset.schedules.exists():
            reason = "It has a schedule, which would go with it: delete that first."
            planned.refusals.append(Refusal(reason, preset=step.preset.name))
    return planned


def _checked(
    document: Document, options: Options, allow: Callable[[Plan], None]
) -> Snapshot | None:
    """Ask the models of what is to be live, before the lock is taken: that takes seconds.
    Return what was asked; None when there is nothing to ask."""
    planned = _plan(document, options)
    snapshot = _to_be_live(planned, options)
    if planned.refusals or not _is_gated(snapshot):
        return None
    allow(planned)
    embedding_lock.refuse_now(snapshot)
    if not options.force and (candidate := gate.to_ask(snapshot)):
        gate.admit(candidate)
    return snapshot


def _passes(planned: Plan, options: Options, checked: Snapshot | None) -> bool:
    """Say whether it goes past the check. Raises PresetChanged when what is to be live now
    is not what was asked."""
    wanted = _to_be_live(planned, options)
    if not _is_gated(wanted) or options.force:
        return _is_gated(wanted)
    if wanted and wanted != checked:
        raise PresetChanged(
            f"{wanted.name} was changed by somebody else while its models were asked."
        )
    return False


def _is_gated(snapshot: Snapshot | None) -> bool:
    return gate.to_ask(snapshot) is not None


def _to_be_live(planned: Plan, options: Options) -> Snapshot | None:
    """Return what the import makes live: what it activates, or how it edits what is live."""
    if options.activate:
        preset = planned.find(options.activate)
        return preset.snapshot() if preset else None
    edited = (step.preset for step in planned.of(What.CHANGED) if step.is_live)
    return next((preset.snapshot() for preset in edited), None)


def _apply(planned: Plan, author: Author, options: Options, *, forced: bool) -> None:
    remove_schedules(planned)
    if removed := planned.of(What.REMOVED):
        activation.delete_presets([step.preset for step in removed])
    saved = planned.of(What.ADDED, What.CHANGED)
    _free_names(saved)
    for step in saved:
        _save(step, author, options, forced=forced)
    save_schedules(planned)


def _free_names(steps: list[Step]) -> None:
    """Let go of the names that are given up, so that two presets can swap theirs."""
    for step in steps:
        if step.what is What.CHANGED and any(c.field == "name" for c in step.changes):
            # No skeleton has capitals: nobody's name looks like this.
            given_up = f"GIVEN UP BY {step.preset.pk}"
            row = ModelPreset.objects.filter(pk=step.preset.pk)
            row.update(name_skeleton=given_up)


def _save(step: Step, author: Author, options: Options, *, forced: bool) -> None:
    if options.opened_at and step.what is What.ADDED:
        raise PresetChanged(f"{step.preset.name} was deleted by somebody else.")
    activation.save_preset(
        step.preset,
        author,
        opened_at=options.opened_at,
        forced=forced,
    )


def _revision() -> int:
    newest = activation.latest()
    return newest.revision if newest else 0
