"""The history in words: each activation as a sentence with what it changed."""

from typing import TYPE_CHECKING, Any

from django.db.models import OuterRef, QuerySet, Subquery
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from brains.admin.differences import Difference, changes, compare, side_of_resolved
from brains.models import Activation
from brains.wording import exact

if TYPE_CHECKING:
    from typing import TypedDict

    from django_stubs_ext import WithAnnotations

    class Before(TypedDict):
        """What `with_before` adds to each activation."""

        before_snapshot: dict[str, Any] | None
        before_resolved: dict[str, list[str]] | None
        live_revision: int

    Entry = WithAnnotations[Activation, Before]

Action = Activation.Action


def with_before(activations: QuerySet[Activation]) -> QuerySet[Activation]:
    """Add, for every activation, what the one before it had as snapshot and resolved to,
    and the revision that is live."""
    before = Activation.objects.filter(revision=OuterRef("revision") - 1)
    newest = Activation.objects.order_by("-revision")
    return activations.annotate(
        before_snapshot=Subquery(before.values("snapshot")[:1]),
        before_resolved=Subquery(before.values("resolved")[:1]),
        live_revision=Subquery(newest.values("revision")[:1]),
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
