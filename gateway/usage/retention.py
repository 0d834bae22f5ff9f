"""How long calls are kept: those that are rolled up and older than the setting go, in small
batches, so that nobody who writes waits for long."""

import time
from datetime import datetime, timedelta

from django.conf import settings
from django.core.management import call_command
from django.db.models import QuerySet
from django_tasks_db.models import DBTaskResult

from gateway.records.models import CallRecord
from gateway.usage import rollup

BATCH = 1_000
PAUSE_S = 0.05
# A task that failed is of interest for longer than one that did not.
FINISHED_DAYS, FAILED_DAYS = 1, 14


def delete_calls(older_than: datetime, within_s: float) -> bool:
    """Delete the calls that began before `older_than`; False when `within_s` was over
    before the end. A call that is not rolled up yet is kept."""
    until = time.monotonic() + within_s
    while batch := list(_due(older_than).values_list("pk", flat=True)[:BATCH]):
        CallRecord.objects.filter(pk__in=batch).delete()
        if time.monotonic() > until:
            return False
        time.sleep(PAUSE_S)
    return True


def _due(older_than: datetime) -> QuerySet[CallRecord]:
    counted = rollup.mark().call_id
    return CallRecord.objects.filter(began_at__lt=older_than, pk__lte=counted).order_by(
        "began_at"
    )


def delete_task_results(now: datetime) -> None:
    """Delete what is left of tasks that are long over, or whose worker died in them. What
    waits in Redis goes by itself."""
    if settings.RQ_QUEUES:
        return
    call_command(
        "prune_db_task_results",
        queue_name="*",
        min_age_days=FINISHED_DAYS,
        failed_min_age_days=FAILED_DAYS,
        verbosity=0,
    )
    died_before = now - timedelta(days=FINISHED_DAYS)
    DBTaskResult.objects.running().filter(started_at__lt=died_before).delete()
