"""The newest calls of one revision, read from the table of calls: a bounded number, so that a
look takes as long on a busy day as on a quiet one."""

from datetime import datetime, timedelta

from gateway.guard.figures import Figures, figures
from gateway.records.models import CallRecord

CALLS_MAX = 500
# How far back the calls of the revision before are looked for.
BEFORE = timedelta(days=7)
_COLUMNS = ("layer", "status", "error", "first_chunk_s", "cost_usd")


def of_revision(revision: int, since: datetime, until: datetime) -> Figures:
    """Return the figures of a revision's newest calls that began in this time; those that
    a canary's candidate served are not its own."""
    rows = (
        CallRecord.objects.filter(began_at__gte=since, began_at__lt=until)
        .filter(revision=revision)
        .exclude(layer="")
        .exclude(canary="candidate")
        .order_by("-began_at")
        .values(*_COLUMNS)[:CALLS_MAX]
    )
    return figures(rows)
