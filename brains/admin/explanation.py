"""Why a value serves, in full: every rung of its ladder, who brought it about and when, and
what an edit of each rung would do. Which rung serves is decided in `selection`."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

from brains.admin.differences import ROLES, TITLES
from brains.admin.effective import Standing
from brains.layers import VALUES, Value
from brains.models import Activation
from brains.selection import Selection, Source
from brains.status_card import RungView, ValueView, view
from brains.wording import in_turn

LOOK_BACK = 1_000  # revisions; older changes are not looked for


@dataclass(frozen=True, slots=True)
class RungLine:
    """A rung with its value, why that was refused ("" if not), and what an edit would do."""

    rung: RungView
    refusal: str
    edit: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """One effective value, its ladder, and the change that brought it about (None: no
    change that is known); `is_older` says that it may have been an older one."""

    shown: ValueView
    lines: tuple[RungLine, ...]
    origin: Activation | None
    is_older: bool
    is_from_outside: bool
    """Whether it changed since then, by a restart with another environment or .env."""

    @property
    def title(self) -> str:
        """The layer, as in "L1"."""
        return TITLES[self.shown.key]

    @property
    def role(self) -> str:
        """What the layer is, as in "instinct"."""
        return ROLES[self.shown.key]


def explanations(now: Standing) -> list[Explanation]:
    """Return one for each of the five values that are effective now."""
    origins = _origins([value.field for value in VALUES])
    rows = Activation.objects.in_bulk(
        [revision for revision, _ in origins.values()], field_name="revision"
    )
    explained = []
    for value in VALUES:
        shown = view(value, now.selection)
        revision, is_older = origins.get(value.field, (0, False))
        explained.append(
            Explanation(
                shown,
                tuple(_line(rung, shown, value, now.selection) for rung in shown.rungs),
                origin=rows.get(revision),
                is_older=is_older,
                is_from_outside=_came_with_a_restart(now, shown),
            )
        )
    return explained


def _origins(fields: list[str]) -> dict[str, tuple[int, bool]]:
    """Return, per field, the newest revision that changed its value, and whether it is but
    the oldest one that was looked at."""
    rows = Activation.objects.order_by("-revision").values_list("revision", "resolved")
    nothing: tuple[int, dict[str, list[str]]] = (0, {})
    origins: dict[str, tuple[int, bool]] = {}
    for (revision, newer), (before, older) in pairwise([*rows[:LOOK_BACK], nothing]):
        for field in fields:
            if field not in origins and _kept(newer, field) != _kept(older, field):
                origins[field] = (revision, before == 0 and revision > 1)
    return origins


def _came_with_a_restart(now: Standing, shown: ValueView) -> bool:
    """Say whether the newest revision had another value when it was written."""
    if now.activation is None:
        return False
    return _kept(now.activation.resolved, shown.key) != shown.text


def _kept(resolved: Mapping[str, list[str]], field: str) -> str:
    return resolved[field][0] if field in resolved else ""


def _line(
    rung: RungView, shown: ValueView, value: Value, selection: Selection
) -> RungLine:
    names = {value.variable, f"{selection.preset}.{value.field}"}
    refusals = (
        problem.reason
        for problem in selection.problems
        if problem.name in names and problem.source == rung.source
    )
    refusal = next(refusals, "") if rung.state == "refused" else ""
    return RungLine(rung, refusal, " ".join(_edit(rung, shown, selection)))


def _edit(rung: RungView, shown: ValueView, selection: Selection) -> Iterator[str]:
    """Yield what an edit of this rung would do, as sentences."""
    serving = next(r for r in shown.rungs if r.state == "serves")
    order = [r.source for r in shown.rungs]
    if rung.source is Source.DEFAULT:
        yield "It is built in and stays."
    elif rung.source is Source.PRESET and selection.preset is None:
        yield "No preset is live. One that sets it would serve as soon as it is activated."
    elif order.index(rung.source) > order.index(serving.source):
        yield f"Nothing, while {serving.place} has a value."
    elif rung.source is Source.PRESET:
        yield "It serves at once on every worker, as a new revision."
    else:
        yield "It serves after a restart of every worker."
    if rung is serving and shown.hidden:
        below = shown.hidden[0]
        yield f"Without it, {in_turn(below.text)} from {below.place} serves."
