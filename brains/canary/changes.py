"""How a canary starts, changes its share and is aborted: what is live stays live, so none of
this is a revision. Its promotion is one, and stands in `brains/activation.py`."""

from decimal import Decimal

from django.db import transaction

from brains.canary import rows as canaries
from brains.canary.models import Canary
from brains.errors import CanaryRefused
from brains.ledger import Author, latest, lock, publish_change
from brains.lookup import stored
from brains.models import ModelPreset


def start(
    preset: ModelPreset,
    percent: Decimal,
    author: Author,
    *,
    opened_at: str | None = None,
    forced: bool = False,
) -> Canary:
    """Send `percent` of the calls to `preset`, as it is saved now; what is live stays live.
    `forced` keeps with it that it went past the check of its models.

    Raises CanaryRuns, CanaryRefused, and what `activate` does.
    """
    with transaction.atomic():
        counter = lock()
        fresh, newest = stored(preset, opened_at), latest()
        if newest and newest.is_of(fresh):
            raise CanaryRefused(f"{fresh.name} is live: there is nothing to try.")
        canary = canaries.begin(
            fresh,
            percent,
            by=author.name,
            user=author.user,
            reason=author.reason,
            forced=forced,
        )
        publish_change(counter)
        return canary


def change(percent: Decimal, author: Author, canary: int | None = None) -> Canary:
    """Let the candidate have another share. Raises CanaryRefused; NoCanary when none runs,
    or another one than that with the id `canary`."""
    with transaction.atomic():
        counter = lock()
        running = canaries.the_running(canary)
        canaries.set_percent(running, percent, by=author.name)
        publish_change(counter)
        return running


def abort(author: Author, canary: int | None = None) -> Canary:
    """Send every call to what is live. Raises NoCanary, as `change`."""
    with transaction.atomic():
        counter = lock()
        running = canaries.the_running(canary)
        canaries.end(
            running,
            Canary.End.ABORTED,
            by=author.name,
            revision=None,
            reason=author.reason,
        )
        publish_change(counter)
        return running
