"""The rows by which worker processes say which revision they serve, and how they are read."""

import os
import socket
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from brains.models import Worker
from brains.selection import Selection

ALIVE_S = 15
FORGET_S = 3600


@dataclass(frozen=True)
class Convergence:
    """How far the workers are with a revision: who is alive, and who serves otherwise."""

    alive: tuple[Worker, ...]
    behind: tuple[Worker, ...]
    different: tuple[Worker, ...]

    @property
    def is_complete(self) -> bool:
        """Whether every living worker serves the same selection."""
        return not (self.behind or self.different)


class OwnRow:
    """This process's row: written when what it serves changes, and every few seconds."""

    def __init__(self) -> None:
        self._node = socket.gethostname()[:255]
        self._started_at = timezone.now()
        self._switched_at = self._started_at
        self._digest = ""

    def write(self, selection: Selection) -> None:
        """Say which selection this process serves; forget workers gone for an hour."""
        now = timezone.now()
        if selection.digest != self._digest:
            self._digest, self._switched_at = selection.digest, now
        Worker.objects.update_or_create(
            node=self._node,
            pid=os.getpid(),
            defaults={
                "started_at": self._started_at,
                "seen_at": now,
                "revision": selection.revision,
                "digest": selection.digest,
                "switched_at": self._switched_at,
            },
        )
        Worker.objects.filter(seen_at__lt=now - timedelta(seconds=FORGET_S)).delete()

    def remove(self) -> None:
        """Take the row away: this process ends."""
        Worker.objects.filter(node=self._node, pid=os.getpid()).delete()


def alive_workers(now: datetime | None = None) -> tuple[Worker, ...]:
    """Read the workers that wrote their row lately."""
    since = (now or timezone.now()) - timedelta(seconds=ALIVE_S)
    until = since + timedelta(seconds=2 * ALIVE_S)  # a clock that was set back
    return tuple(Worker.objects.filter(seen_at__gte=since, seen_at__lt=until))


def convergence(selection: Selection, now: datetime | None = None) -> Convergence:
    """Read which living workers serve `selection`, which another revision, and which the
    same revision with other values (their environment differs)."""
    alive = alive_workers(now)
    behind = tuple(w for w in alive if w.revision != selection.revision)
    same = (w for w in alive if w.revision == selection.revision)
    different = tuple(w for w in same if w.digest != selection.digest)
    return Convergence(alive, behind, different)
