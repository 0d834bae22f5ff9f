"""The background tasks of this room, and how often each runs; rooms above add theirs."""

import logging
from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from brains.catalogue.refresh import due, refresh
from gateway.background.api import task
from gateway.background.schedule import Recurring
from gateway.kept import retention as kept_retention
from gateway.notices.expiry import tell_of_leaving
from gateway.records import prices
from gateway.usage import retention, rollup

# A worker that is told to stop ends its task first: none takes much longer than this. What
# is left then goes on in a task of its own.
WITHIN_S = 15.0

logger = logging.getLogger(__name__)


@task
def roll_up() -> None:
    """Add new calls to the hourly rows."""
    if not rollup.roll_up(WITHIN_S):
        roll_up.enqueue()


@task
def apply_retention() -> None:
    """Delete calls and finished tasks that are older than they are to be kept."""
    now = timezone.now()
    retention.delete_task_results(now)
    if days := settings.AURA_CALL_RETENTION_DAYS:
        is_done = retention.delete_calls(now - timedelta(days=days), WITHIN_S)
        if not is_done:
            apply_retention.enqueue()


@task
def refresh_catalogue() -> None:
    """Read the models, with their prices, of those providers that are due: each every six
    hours, one that could not be read after half an hour, a new one now."""
    for report in refresh(due(), WITHIN_S):
        try:
            prices.keep(report.provider, report.models)
        except OSError as error:
            logger.warning(
                "%s cannot be written: %s. Costs go by the prices that are there.",
                prices.fetched(),
                error.strerror,
            )


@task
def forget_exchanges() -> None:
    """Delete kept exchanges that are older than they are to be kept; all of them where none
    are."""
    if not kept_retention.forget(timezone.now(), WITHIN_S):
        forget_exchanges.enqueue()


@task
def tell_expiry() -> None:
    """Tell of models that leave their provider within 30 days."""
    tell_of_leaving()


RECURRING = (
    Recurring(roll_up, timedelta(minutes=1)),
    Recurring(apply_retention, timedelta(hours=1)),
    Recurring(refresh_catalogue, timedelta(minutes=10)),
    Recurring(tell_expiry, timedelta(hours=1)),
    Recurring(forget_exchanges, timedelta(minutes=10), kept_retention.has_any),
)

_of_rooms_above: list[Recurring] = []


def register(recurring: Recurring) -> None:
    """Let the worker run a task of a room above too; called once, when that room is ready."""
    _of_rooms_above.append(recurring)


def registered() -> tuple[Recurring, ...]:
    """Return every task that the worker is to run, with how often."""
    return (*RECURRING, *_of_rooms_above)
