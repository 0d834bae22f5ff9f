"""How kept exchanges go: those that are older than the setting says, all of them where it is
off, those that no key opens any more, and what is too many. In small batches."""

import logging
import time
from collections.abc import Iterator
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import QuerySet

from brains.wording import counted
from gateway.kept.models import KeptExchange
from gateway.kept.sealing import seal_if_any

logger = logging.getLogger(__name__)

BATCH = 200
PAUSE_S = 0.05
KEPT_MAX = 10_000

Exchanges = QuerySet[KeptExchange]


def forget(now: datetime, within_s: float) -> bool:
    """Delete what is not to be kept; False when `within_s` was over before the end. What
    was made of an exchange, such as a rehearsal's reply, goes with it."""
    until = time.monotonic() + within_s
    return all(_delete(exchanges, until) for exchanges in _due(now))


def has_any() -> bool:
    """Say whether anything is kept."""
    return KeptExchange.objects.exists()


def forget_all() -> int:
    """Delete every kept exchange now, and return how many there were."""
    count = KeptExchange.objects.count()
    _delete(KeptExchange.objects.all(), float("inf"))
    return count


def _due(now: datetime) -> Iterator[Exchanges]:
    if not settings.AURA_KEEP_PROMPTS:
        yield KeptExchange.objects.all()
        return
    days = timedelta(days=settings.AURA_KEEP_PROMPTS_DAYS)
    yield KeptExchange.objects.filter(kept_at__lt=now - days)
    if marks := _lost_marks():
        lost = KeptExchange.objects.filter(seal_mark__in=marks)
        logger.warning(
            "Deleting %s that nothing opens any more: the key is not in the data folder.",
            counted(lost.count(), "kept exchange"),
        )
        yield lost
    too_many = KeptExchange.objects.order_by("-id").values_list("id", flat=True)
    if oldest := too_many[KEPT_MAX : KEPT_MAX + 1].first():
        yield KeptExchange.objects.filter(id__lte=oldest)


def _lost_marks() -> set[str]:
    """Return which keys are gone. First the rows, then the file: a key is older than what
    it sealed."""
    rows = KeptExchange.objects.order_by().values_list("seal_mark", flat=True)
    marks = set(rows.distinct())
    found = seal_if_any() if marks else None
    return marks - ({found.mark} if found else set())


def _delete(exchanges: Exchanges, until: float) -> bool:
    ids = exchanges.order_by("id").values_list("pk", flat=True)
    while batch := list(ids[:BATCH]):
        KeptExchange.objects.filter(pk__in=batch).delete()
        if time.monotonic() > until:
            return False
        if len(batch) == BATCH:
            time.sleep(PAUSE_S)
    return True
