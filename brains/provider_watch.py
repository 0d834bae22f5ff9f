"""Whether the providers that serve a layer answer: checked by a background thread of each
worker, so that no page and no request ever waits for it."""

import logging
import random
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from brains import live
from brains.serving import serving
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


class ProviderWatch:
    """One thread per process; `latest` is replaced whole by one assignment."""

    def __init__(self) -> None:
        self.latest: Mapping[str, Checked] = {}
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
        """Check each provider in use that is due at `now_s`, a monotonic time.

        One that serves newly is due at once, one in trouble after 10 s, others after 60 s.
        """
        serving = _serving()
        for provider in serving:
            if now_s >= self._due.get(provider.name, 0.0):
                found = check(provider)
                self.latest = {
                    **self.latest,
                    provider.name: Checked(found, timezone.now()),
                }
                self._due[provider.name] = now_s + _pause_s(found)
        names = {provider.name for provider in serving}
        self.latest = {n: c for n, c in self.latest.items() if n in names}
        self._due = {n: due for n, due in self._due.items() if n in names}

    def _run(self) -> None:
        while not self._stop.wait(LOOK_S):
            try:
                self.look(time.monotonic())
            except Exception:
                # The page would show stale news for ever if this thread ended.
                logger.exception("Providers could not be checked; tried again soon.")


WATCH = ProviderWatch()


def _serving() -> list[Provider]:
    return [provider for provider, _ in serving(live.current().selection)]


def _pause_s(found: Reach) -> float:
    """Spread over time, so that workers do not all ask at once."""
    pause_s = EVERY_S if found.state is State.ANSWERS else SOON_S
    return pause_s * random.uniform(0.8, 1.2)  # noqa: S311 - no secret
