"""What people are told of a canary, in the admin and on the command line, and programs in
`/api/`."""

from typing import Any

from brains.activation import Outcome
from brains.canary.figures import Failing
from brains.canary.models import Canary
from brains.canary.split import shown_percent
from brains.wording import ago


def started(canary: Canary) -> str:
    """Say that a canary has begun."""
    return (
        f"{canary.preset_name} now takes {shown_percent(canary.percent)} of the calls."
    )


def share_changed(canary: Canary) -> str:
    """Say that it has another share."""
    return f"{canary.preset_name} takes {shown_percent(canary.percent)} of the calls from now on."


def ended(canary: Canary) -> str:
    """Say that it was aborted."""
    return f"The canary of {canary.preset_name} was aborted: every call goes to what is live."


def ends_with_change(canary: Canary | None) -> str:
    """Say that a change of what is live ends the canary, before it (`canary` runs) or after
    it; "" for None, where none does."""
    if canary is None:
        return ""
    share, verb = shown_percent(canary.percent), "ended" if canary.how else "ends"
    return (
        f"The canary of {canary.preset_name}, with {share} of the calls, {verb} with this "
        "change."
    )


def ended_json(canary: Canary | None) -> dict[str, Any] | None:
    """Return for programs the canary that a change ends; None where none does."""
    if canary is None:
        return None
    return {
        "id": canary.pk,
        "preset": canary.preset_name,
        "percent": float(canary.percent),
        "says": ends_with_change(canary),
    }


def promoted(outcome: Outcome) -> str:
    """Say that what it tried is live."""
    newest, replaced = outcome.activation, outcome.replaced
    if newest is None:
        return "Nothing was changed."
    before = replaced.preset_name if replaced else None
    instead = f", replacing {before}" if before else ""
    return f"{newest.preset_name} is live for every call as revision {newest.revision}{instead}."


def fails(name: str, failing: Failing) -> str:
    """Say how often the candidate fails, and what is live."""
    candidate, control = (
        f"{100 * share:.0f} %" for share in (failing.candidate, failing.control)
    )
    what = f"{failing.layer} calls" if failing.layer else "calls"
    return (
        f"Of {failing.calls} {what} that went to {name} since its canary began, {candidate} "
        f"failed; of the others {control}."
    )


def begun_by(canary: Canary) -> str:
    """Say who started it, whether past the check of its models, and why."""
    past = " past the check of its models" if canary.forced else ""
    why = f": “{canary.reason}”" if canary.reason else ""
    return f"{canary.started_by_name}{past}{why}"


def how_it_ended(canary: Canary) -> str:
    """Say which canary ended how, by whom, and how long ago; who forced it, if it was."""
    share, how = shown_percent(canary.percent), canary.get_how_display()
    with_revision = f" (revision {canary.ended_with})" if canary.ended_with else ""
    when = f", {ago(canary.ended_at)}" if canary.ended_at else ""
    forced = f"; started by {begun_by(canary)}" if canary.forced else ""
    return (
        f"{canary.preset_name}, with {share} of the calls: {how}{with_revision} "
        f"by {canary.ended_by_name}{when}{_because(canary.end_reason)}{forced}"
    )


def _because(reason: str) -> str:
    return f": {reason}" if reason else ""
