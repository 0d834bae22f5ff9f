"""How the row of a canary begins, changes and ends. Who may do what when is decided in
`changes` and in `brains/activation.py`, which alone call this, under the lock; everyone may
read."""

import secrets
from collections.abc import Mapping
from dataclasses import asdict
from decimal import Decimal
from typing import Any

from django.utils import timezone

from brains.canary.models import Canary
from brains.canary.split import problem_with_percent, shown_percent
from brains.errors import CanaryRefused, CanaryRuns, NoCanary
from brains.models import ModelPreset

SALT_BYTES = 16


def running() -> Canary | None:
    """Return the canary that runs, or None."""
    return Canary.objects.filter(how="").first()


def past(count: int) -> list[Canary]:
    """Return the last canaries that are over, newest first."""
    return list(Canary.objects.exclude(how="")[:count])


def the_running(wanted: int | None = None) -> Canary:
    """Return the canary that runs. Raises NoCanary when none does, or another than the
    one `wanted` by its id."""
    found = running()
    if found and wanted in (None, found.pk):
        return found
    if found:
        raise NoCanary(f"That canary is over; {found.preset_name} is tried now.")
    raise NoCanary("No canary runs.")


def payload() -> dict[str, Any] | None:
    """Return what workers need of the canary that runs, as JSON-ready values."""
    canary = running()
    if canary is None:
        return None
    return {
        "preset": canary.snapshot,
        "percent": str(canary.percent),
        "salt": canary.salt,
        "since": canary.started_at.isoformat(),
        "by": canary.started_by_name,
    }


def begin(
    preset: ModelPreset,
    percent: Decimal,
    *,
    by: str,
    user: Any,
    reason: str,
    forced: bool = False,
) -> Canary:
    """Begin a canary of a preset as it is saved now. Raises CanaryRuns when one runs, and
    CanaryRefused when the percentage is none."""
    if other := running():
        raise CanaryRuns(
            f"{other.preset_name} is tried already, with {shown_percent(other.percent)} "
            "of the calls. Promote or abort it first."
        )
    _check(percent)
    return Canary.objects.create(
        preset=preset,
        snapshot=asdict(preset.snapshot()),
        percent=percent,
        steps=[_step(percent, by)],
        salt=secrets.token_hex(SALT_BYTES),
        started_by=user,
        started_by_name=by,
        reason=reason,
        forced=forced,
        started_at=timezone.now(),
    )


def set_percent(canary: Canary, percent: Decimal, *, by: str) -> None:
    """Let the candidate have another share. Raises CanaryRefused."""
    _check(percent)
    canary.percent = percent
    canary.steps = [*canary.steps, _step(percent, by)]
    canary.save(update_fields=["percent", "steps"])


def end(
    canary: Canary,
    how: Canary.End,
    *,
    by: str,
    revision: int | None,
    reason: str = "",
) -> None:
    """End a canary; `revision` is the one that ended it, if one did."""
    canary.how, canary.ended_with = how, revision
    canary.ended_by_name, canary.ended_at = by, timezone.now()
    canary.end_reason = reason
    canary.save(
        update_fields=["how", "ended_with", "ended_by_name", "ended_at", "end_reason"]
    )


def _check(percent: Decimal) -> None:
    if problem := problem_with_percent(percent):
        raise CanaryRefused(problem)


def _step(percent: Decimal, by: str) -> Mapping[str, str]:
    return {
        "at": timezone.now().isoformat(),
        "percent": str(percent),
        "by": by,
    }
