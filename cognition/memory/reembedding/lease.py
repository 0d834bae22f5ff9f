"""One process at a time fills a space: its row says which, and until when. Two at once would
store nothing twice, but pay twice."""

import os
import socket
import threading
from datetime import timedelta
from typing import Any

from django.db import models
from django.db.models import Q
from django.utils import timezone

from cognition.memory.reembedding.errors import LeaseLost
from cognition.memory.reembedding.models import Filling, KeptSpace, ReEmbedding

LEASE = timedelta(seconds=15)
"""Renewed every few seconds, also while a provider is waited for."""
NAME_MAX = 100


def take(row: Filling) -> bool:
    """Take the lease of a row, if nobody has it."""
    now = timezone.now()
    free = Q(leased_until=None) | Q(leased_until__lt=now) | Q(leased_by=_me())
    took = _rows(row).filter(free).update(leased_by=_me(), leased_until=now + LEASE)
    if took:
        row.refresh_from_db()
    return bool(took)


def renew(row: Filling, **changes: Any) -> None:
    """Renew the lease, and write `changes` with it. Raises LeaseLost, and writes nothing,
    when another has it, or when the plan does not run any more."""
    until = timezone.now() + LEASE
    mine = _rows(row).filter(leased_by=_me())
    if isinstance(row, ReEmbedding):
        mine = mine.filter(state__in=(row.State.RUNNING, row.State.SWITCHING))
    if not mine.update(leased_until=until, **changes):
        raise LeaseLost


def give_back(row: Filling) -> None:
    """Let the next one have it at once."""
    _rows(row).filter(leased_by=_me()).update(leased_by="", leased_until=None)


def _rows(row: Filling) -> "models.QuerySet[Any]":
    table = ReEmbedding if isinstance(row, ReEmbedding) else KeptSpace
    return table._default_manager.filter(pk=row.pk)


def _me() -> str:
    # A thread each: several tasks may run in one process.
    thread = threading.get_native_id()
    return f"{os.getpid()}/{thread}@{socket.gethostname()}"[:NAME_MAX]
