"""The history in words: each activation as a sentence with what it changed, and what came of
the calls while it was live."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django.db.models import OuterRef, QuerySet, Subquery
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.timesince import timesince

from brains.admin.differences import Difference, changes, compare, side_of_resolved
from brains.called import Lived, lives
from brains.models import Activation
from brains.wording import exact, listed

if TYPE_CHECKING:
    from datetime import datetime
    from typing import TypedDict

    from django_stubs_ext import WithAnnotations

    class Before(TypedDict):
        """What `with_before` adds to each activation."""

        before_snapshot: dict[str, Any] | None
        before_resolved: dict[str, list[str]] | None
        live_revision: int
        ended_at: datetime | None

    Entry = WithAnnotations[Activation, Before]

Action = Activation.Action


def with_before(activations: QuerySet[Activation]) -> QuerySet[Activation]:
    """Add, for every activation, what the one before it had as snapshot and resolved to,
    the revision that is live, and when the next one replaced it."""
    before = Activation.objects.filter(revision=OuterRef("revision") - 1)
    after = Activation.objects.filter(revision=OuterRef("revision") + 1)
    newest = Activation.objects.order_by("-revision")
    return activations.annotate(
        before_snapshot=Subquery(before.values("snapshot")[:1]),
        before_resolved=Subquery(before.values("resolved")[:1]),
        live_revision=Subquery(newest.values("revision")[:1]),
        ended_at=Subquery(after.values("created_at")[:1]),
    )


def differences_of(entry: "Entry") -> list[Difference]:
    """Return the values of an activation beside those before it."""
    after = side_of_resolved(entry.resolved, entry.preset_name)
    if entry.before_resolved is None:
        return compare(None, after)
    return compare(side_of_resolved(entry.before_resolved, _before_name(entry)), after)


def sentence_of(entry: "Entry") -> SafeString:
    """Return, as in "admin activated Budget, replacing Default: L1 a → b"."""
    deed, differences = _deed(entry), differences_of(entry)
    if entry.action != Action.AUTO_REVERT:
        return format_html("{}: {}", deed, _effect(differences))
    # Its reason is a sentence of its own.
    effect = _effect(differences) if changes(differences) else ""
    return format_html("{}: {} {}", deed, entry.reason, effect)


def deed_of(entry: "Entry") -> str:
    """Return, as in "admin activated Budget, replacing Default"."""
    is_reasoned = entry.action == Action.AUTO_REVERT
    return f"{_deed(entry)}: {entry.reason}" if is_reasoned else _deed(entry)


def difference_of(entry: "Entry") -> SafeString:
    """Return what it changed: one value as it is, several as their layers, to be opened."""
    changed = changes(differences_of(entry))
    if len(changed) < 2:
        return format_html('<span class="aura-quiet">{}</span>', _effect(changed))
    named = listed(list(dict.fromkeys(d.title for d in changed)))
    lines = format_html_join("", "<li>{}</li>", ((_change(d),) for d in changed))
    return format_html(
        "<details><summary>{}</summary><ul>{}</ul></details>", named, lines
    )


def called(entries: Iterable["Entry"]) -> dict[int, str]:
    """Return revision -> how many calls came while it was live, and what they cost."""
    lived = [Lived(e.revision, e.created_at, e.ended_at) for e in entries]
    return dict(lives(lived))


def span_of(entry: "Entry") -> str:
    """Return how long it was live, or has been until now."""
    passed = timesince(entry.created_at, entry.ended_at, depth=1)
    return "less than a minute" if passed.startswith("0") else passed


def reason_of(entry: Activation) -> str:
    """Return why, unless the sentence says so itself."""
    return "" if entry.action == Action.AUTO_REVERT else entry.reason


def _deed(entry: "Entry") -> str:
    """Say who did what to which preset."""
    if entry.action == Action.DEACTIVATE:
        return f"{entry.by_name} deactivated {_before_name(entry) or 'the live preset'}"
    name, verb = entry.preset_name or "no preset", entry.get_action_display()
    return f"{entry.by_name} {verb} {name}{_more(entry)}"


def _more(entry: "Entry") -> str:
    """Say what else is to be known of the deed: when it ends, where it went back to, what
    was live before, whether the check of its models was passed over."""
    forced = " past the check of its models" if entry.forced else ""
    return forced + _circumstances(entry)


def _circumstances(entry: "Entry") -> str:
    name, before = entry.preset_name, _before_name(entry)
    is_other = bool(before and before != name)
    if entry.action == Action.EDIT:
        return f" while it was live{f', called {before} before' if is_other else ''}"
    if entry.action == Action.CONFIRM:
        return ", which was on trial"
    restored = f" (revision {entry.restores})" if entry.restores else ""
    if entry.action == Action.AUTO_REVERT:
        return restored
    trial = f" on trial until {exact(entry.confirm_by)}" if entry.confirm_by else ""
    return f"{restored}{trial}{f', replacing {before}' if is_other else ''}"


def _before_name(entry: "Entry") -> str | None:
    return entry.before_snapshot["name"] if entry.before_snapshot else None


def _effect(differences: list[Difference]) -> SafeString:
    """Say which values changed, and to what."""
    if not (changed := changes(differences)):
        return format_html("{}", "no value changed")
    return format_html_join(", ", "{}", ((_change(d),) for d in changed))


def _change(difference: Difference) -> SafeString:
    title, after = difference.title, difference.after.code
    if difference.before is None:
        return format_html("{} {}", title, after)
    return format_html("{} {} → {}", title, difference.before.code, after)
