"""Whether the providers that serve a layer, or stand behind one, answer: checked by a
background thread of each worker, so that no page and no request ever waits for it."""

import logging
import math
import random
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from queue import SimpleQueue

from django.utils import timezone

from brains import live
from brains.serving import serving, standing_by
from providers.reachability import Reach, State, check
from providers.registry import Provider

logger = logging.getLogger(__name__)

EVERY_S = 60.0
SOON_S = 10.0
LOOK_S = 1.0


@dataclass(frozen=True, slots=True)
class Checked:
    """What the last check of a provider found, and when."""

    reach: Reach
    at: datetime


def _in_a_thread(work: Callable[[], None]) -> None:
    threading.Thread(target=work, name="provider check", daemon=True).start()


class ProviderWatch:
    """One thread per process, and a short-lived one for each check, so that a provider
    that drips its answer delays no other's. `latest` is replaced whole by one assignment."""

    def __init__(
        self, begin: Callable[[Callable[[], None]], None] = _in_a_thread
    ) -> None:
        self.latest: Mapping[str, Checked] = {}
        self._begin = begin
        self._found: SimpleQueue[tuple[str, Reach]] = SimpleQueue()
        self._due: dict[str, float] = {}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="providers", daemon=True)

    def start(self) -> None:
        """Begin to check."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread; a check that is under way is not waited for."""
        self._stop.set()

    def look(self, now_s: float) -> None:
        """Take what checks found, and begin one of each provider in use that is due at
        `now_s`, a monotonic time.

        One that serves newly is due at once, one in trouble after 10 s, others after 60 s.
        """
        providers = {provider.name: provider for provider in _in_use()}
        while not self._found.empty():
            name, reach = self._found.get()
            self.latest = {**self.latest, name: Checked(reach, timezone.now())}
            self._due[name] = now_s + _pause_s(reach)
        self.latest = {n: seen for n, seen in self.latest.items() if n in providers}
        self._due = {n: due for n, due in self._due.items() if n in providers}
        for name, provider in providers.items():
            if now_s >= self._due.get(name, 0.0):
                self._due[name] = math.inf  # until its check is over
                self._begin(partial(self._check, provider))

    def _check(self, provider: Provider) -> None:
        self._found.put((provider.name, check(provider)))

    def _run(self) -> None:
        while not self._stop.wait(LOOK_S):
            try:
                self.look(time.monotonic())
            except Exception:
                # The page would show stale news for ever if this thread ended.
                logger.exception("Providers could not be checked; tried again soon.")


WATCH = ProviderWatch()


def _in_use() -> list[Provider]:
    selection = live.current().selection
    in_use = serving(selection) + standing_by(selection)
    return [provider for provider, _ in in_use]


def _pause_s(found: Reach) -> float:
    """Spread over time, so that workers do not all ask at once."""
    pause_s = EVERY_S if found.state is State.ANSWERS else SOON_S
    return pause_s * random.uniform(0.8, 1.2)  # noqa: S311 - no secret
