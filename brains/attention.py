"""What of the calls of late people should look at: a layer that fails or is slow, a canary
whose candidate fails. The figures belong to a room above this one, which says them here; until
it has, nothing is known."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from brains.canary.figures import failing
from brains.live import Live
from brains.selection import Problem, Selection
from brains.status_canary import trouble

KEPT_S = 5.0
STALE_S = 60.0
"""After so long without a look nothing is said any more."""


@dataclass(frozen=True, slots=True)
class Attention:
    """One thing that goes badly: `name` is a layer's, or "canary"; `word` says it in a few
    words, `reason` with its figures, `hint` what to do."""

    name: str
    word: str
    reason: str
    hint: str
    fails: bool

    @property
    def problem(self) -> Problem:
        """The same among what is to be mended."""
        return Problem("calls", self.name, self.reason, self.hint)


@dataclass(frozen=True, slots=True)
class _Seen:
    of: tuple[object, ...]
    at: float
    found: Sequence[Attention]


Say = Callable[[Selection], Sequence[Attention]]

_say: Say | None = None
_seen: _Seen | None = None


def say_by(say: Say | None) -> None:
    """Take `say` as what knows how the layers of a selection did. It may ask the database."""
    global _say
    _say = say
    forget()


def look(now: Live) -> Sequence[Attention]:
    """Return what goes badly, most pressing first, as seen at most KEPT_S ago. Raises what the
    database raises."""
    global _seen
    if (seen := _of(now, KEPT_S)) is None:
        found = [*(_say(now.selection) if _say else ()), *_canary(now)]
        found.sort(key=lambda each: not each.fails)
        _seen = seen = _Seen(_what(now), time.monotonic(), found)
    return seen.found


def known(now: Live) -> Sequence[Attention]:
    """Return what `look` found last in this process: from memory alone."""
    seen = _of(now, STALE_S)
    return seen.found if seen else ()


def forget() -> None:
    """Know nothing, as a process that has not looked yet."""
    global _seen
    _seen = None


def _of(now: Live, kept_s: float) -> _Seen | None:
    seen = _seen
    if seen is None or seen.of != _what(now) or time.monotonic() - seen.at >= kept_s:
        return None
    return seen


def _what(now: Live) -> tuple[object, ...]:
    return (now.selection.digest, now.selection.revision, now.canary)


def _canary(now: Live) -> list[Attention]:
    said = trouble(now, failing(now.canary.since)) if now.canary else ""
    hint = "Abort it, or look at both sides."
    return [Attention("canary", "Canary fails", said, hint, True)] if said else []
