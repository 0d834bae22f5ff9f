"""The gate before a change of what is live: what was checked just now, or is checked now,
must answer. Every door goes through it; `activation` itself asks no provider."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone

from brains import activation, live
from brains.errors import PreflightFailed
from brains.preflight import asking
from brains.preflight.cost import too_dear
from brains.preflight.findings import (
    Finding,
    State,
    as_json,
    from_json,
    refusals_of,
    waiting,
)
from brains.preflight.models import Preflight
from brains.preflight.questions import digest_of, questions_of
from brains.selection import Selection, Snapshot, resolve

FRESH = timedelta(minutes=10)
KEPT = timedelta(days=1)
NOTHING = "Nothing was activated."
# One that is not over by now was left behind by a process that ended.
_UNDERWAY = timedelta(seconds=2 * asking.ANSWER_S)


@dataclass(frozen=True, slots=True)
class Report:
    """What a check found so far, and when it was over (None: it goes on)."""

    findings: tuple[Finding, ...]
    finished_at: datetime | None

    @property
    def is_over(self) -> bool:
        """Whether every layer has been heard."""
        return self.finished_at is not None

    @property
    def has_passed(self) -> bool:
        """Whether every model answers as it should."""
        return self.is_over and all(f.state is State.ANSWERS for f in self.findings)

    @property
    def refusals(self) -> list[str]:
        """Why the selection must not become live: each reason once, with its layers."""
        return refusals_of(self.findings)

    @property
    def rows(self) -> list[tuple[Finding, str]]:
        """Each finding, and the layer above it that fails for the same reason, or ""."""
        first: dict[str, str] = {}
        titles = [(f, first.setdefault(f.sentence, f.title)) for f in self.findings]
        return [(f, title if title != f.title else "") for f, title in titles]

    @property
    def warnings(self) -> list[str]:
        """What to mind although all answer."""
        return [f.warning for f in self.findings if f.warning]


def to_ask(snapshot: Snapshot | None) -> Selection | None:
    """Return the selection whose models are to be asked before `snapshot` may become live;
    None where none are: the check is off, there is no preset, or what is live has the same
    values."""
    if not settings.AURA_PREFLIGHT or snapshot is None:
        return None
    newest = activation.latest()
    now = newest.as_snapshot() if newest else None
    is_new = now is None or now.values != snapshot.values
    return resolve(snapshot, live.ladder()) if is_new else None


def newest(selection: Selection) -> Report | None:
    """Return the newest check of exactly these models in the last ten minutes, which may
    still go on; None for none."""
    digest = digest_of(questions_of(selection))
    now = timezone.now()
    row = Preflight.objects.filter(digest=digest, created_at__gte=now - FRESH).first()
    if row is None or (row.finished_at is None and row.created_at < now - _UNDERWAY):
        return None
    return Report(tuple(map(from_json, row.findings)), row.finished_at)


def run(selection: Selection) -> Report:
    """Ask every layer's model now, and keep what is found as it comes."""
    questions = questions_of(selection)
    found = {question.layer: waiting(question) for question in questions}
    Preflight.objects.filter(created_at__lt=timezone.now() - KEPT).delete()
    dear = {finding.layer: finding for finding in too_dear(questions)}
    found |= dear
    row = Preflight.objects.create(
        digest=digest_of(questions), findings=_kept(list(found.values()))
    )
    for finding in asking.ask([q for q in questions if q.layer not in dear]):
        found[finding.layer] = finding
        row.findings = _kept(list(found.values()))
        row.save(update_fields=["findings"])
    row.finished_at = timezone.now()
    row.save(update_fields=["finished_at"])
    return Report(tuple(found.values()), row.finished_at)


def admit(selection: Selection) -> Report:
    """Return the check that lets a selection become live: one that passed just now, or
    one that is made now.

    Raises PreflightFailed with the reasons.
    """
    known = newest(selection)
    report = known if known and known.has_passed else run(selection)
    if not report.has_passed:
        raise PreflightFailed(" ".join([NOTHING, *report.refusals]))
    return report


def _kept(findings: Sequence[Finding]) -> list[dict[str, object]]:
    return [as_json(finding) for finding in findings]
