"""The history in words: each activation as a sentence with what it changed."""

from typing import TYPE_CHECKING, Any

from django.db.models import OuterRef, QuerySet, Subquery
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from brains.admin.differences import Difference, changes, compare, side_of_resolved
from brains.models import Activation

if TYPE_CHECKING:
    from typing import TypedDict

    from django_stubs_ext import WithAnnotations

    class Before(TypedDict):
        """What `with_before` adds to each activation."""

        before_snapshot: dict[str, Any] | None
        before_resolved: dict[str, list[str]] | None

    Entry = WithAnnotations[Activation, Before]

Action = Activation.Action


def with_before(activations: QuerySet[Activation]) -> QuerySet[Activation]:
    """Add, for every activation, what the one before it had as snapshot and resolved to."""
    before = Activation.objects.filter(revision=OuterRef("revision") - 1)
    return activations.annotate(
        before_snapshot=Subquery(before.values("snapshot")[:1]),
        before_resolved=Subquery(before.values("resolved")[:1]),
    )


def differences_of(entry: "Entry") -> list[Difference]:
    """Return the values of an activation beside those before it."""
    after = side_of_resolved(entry.resolved, entry.preset_name)
    if entry.before_resolved is None:
        return compare(None, after)
    return compare(side_of_resolved(entry.before_resolved, _before_name(entry)), after)


def sentence_of(entry: "Entry") -> SafeString:
    """Return, as in "admin activated Budget, replacing Default: L1 a → b"."""
    return format_html("{}: {}", _deed(entry), _effect(differences_of(entry)))


def _deed(entry: "Entry") -> str:
    """Say who did what to which preset."""
    name, before = entry.preset_name, _before_name(entry)
    if entry.action == Action.DEACTIVATE:
        return f"{entry.by_name} deactivated {before or 'the live preset'}"
    deed = f"{entry.by_name} {entry.get_action_display()} {name or 'no preset'}"
    if entry.forced:
        deed = f"{deed} past the check of its models"
    if entry.action == Action.EDIT:
        renamed = f", called {before} before" if before and before != name else ""
        return f"{deed} while it was live{renamed}"
    return f"{deed}, replacing {before}" if before and before != name else deed


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
