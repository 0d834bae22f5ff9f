"""The live selection of this process: one immutable object, replaced whole by one
assignment. Readers take it once per request; `brains/watcher.py` keeps it fresh."""

import logging
import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Literal

from django.conf import settings

from brains.canary import rows as canaries
from brains.canary.split import Split, kept_percent, may_split_vectors, shown_percent
from brains.layers import LAYERS
from brains.models import Activation, ModelPreset
from brains.selection import Ladder, Selection, Snapshot, resolve

logger = logging.getLogger(__name__)

LoadedFrom = Literal["database", "disk", "environment", "default"]


@dataclass(frozen=True)
class Live:
    """What this process serves: the effective selection, how each preset would resolve
    (by slug), and since when, by whom and from where it was loaded."""

    selection: Selection
    presets: Mapping[str, Selection]
    loaded_from: LoadedFrom
    since: datetime | None
    by: str
    reason: str
    confirm_by: datetime | None = None
    """When it ends by itself, unless somebody confirms it; None for good."""
    canary: Split | None = None
    """Which calls another selection serves than the live one; None when all are its."""


_current: Live | None = None
_installing = threading.Lock()

changed = threading.Event()
"""Set by a change committed in this process, so that its watcher looks at once."""


def current() -> Live:
    """Return what is live in this process; before anything was loaded, what the
    environment and the built-in defaults give."""
    return _current or _first()


def ladder() -> Ladder:
    """Return the rungs below a preset, as this process read them at its start."""
    return Ladder(env=settings.AURA_ENV_RUNG, dotenv=settings.AURA_DOTENV_RUNG)


def read() -> dict[str, Any]:
    """Read from the database what a Live is built from, as JSON-ready values."""
    newest = Activation.objects.order_by("-revision").first()
    presets = [asdict(preset.snapshot()) for preset in ModelPreset.objects.all()]
    return {
        "revision": newest.revision if newest else 0,
        "preset": newest.snapshot if newest else None,
        "since": _iso(newest.created_at) if newest else None,
        "by": newest.by_name if newest else "",
        "reason": newest.reason if newest else "",
        "confirm_by": _iso(newest.confirm_by) if newest else None,
        "presets": presets,
        "canary": canaries.payload(),
    }


def install(payload: Mapping[str, Any] | None, loaded_from: LoadedFrom) -> Live:
    """Make `payload` (as `read` gives it; None for no preset) the live one.

    Raises KeyError, TypeError or ValueError, and leaves all as it was, when the payload
    is not of that shape.
    """
    with _installing:
        return _replace(_built(payload, loaded_from))


def load() -> Live:
    """Load what is live from the database, in a process that has no watcher."""
    return install(read(), "database")


def peek() -> Live:
    """Return what the database says is live, and leave this process as it is: no swap, no
    log line."""
    return _built(read(), "database")


def forget() -> None:
    """Go back to the state of a process that has loaded nothing."""
    global _current
    _current = None


def _first() -> Live:
    """Install what there is without a database, unless another thread loaded it by now."""
    with _installing:
        return _current or _replace(_built(None, _without_database()))


def _replace(fresh: Live) -> Live:
    global _current
    before, _current = _current, fresh
    if before is None or before.selection.digest != fresh.selection.digest:
        _log(fresh.selection)
    if fresh.canary != (before.canary if before else None):
        _log_canary(fresh.canary)
    return fresh


def _built(payload: Mapping[str, Any] | None, loaded_from: LoadedFrom) -> Live:
    if payload is None:
        payload = {"revision": 0, "presets": []}
    rungs, revision = ladder(), int(payload["revision"])
    active = _snapshot(payload["preset"]) if payload.get("preset") else None
    presets = [_snapshot(fields) for fields in payload["presets"]]
    selection = resolve(active, rungs, revision=revision)
    return Live(
        selection=selection,
        presets={p.slug: resolve(p, rungs, revision=revision) for p in presets},
        loaded_from=loaded_from,
        since=_moment(payload.get("since")),
        by=str(payload.get("by", "")),
        reason=str(payload.get("reason", "")),
        confirm_by=_moment(payload.get("confirm_by")),
        canary=_split(payload.get("canary"), selection),
    )


def _split(canary: Mapping[str, Any] | None, live: Selection) -> Split | None:
    """Return how calls are split; in a copy of a version without canaries none are."""
    if canary is None:
        return None
    candidate = _snapshot(canary["preset"])
    selection = resolve(candidate, ladder(), revision=live.revision)
    return Split(
        candidate=selection,
        percent=kept_percent(str(canary["percent"])),
        salt=str(canary["salt"]),
        since=datetime.fromisoformat(canary["since"]),
        by=str(canary["by"]),
        splits_vectors=may_split_vectors(selection, live),
    )


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _snapshot(fields: Mapping[str, Any]) -> Snapshot:
    snapshot = Snapshot(**fields)
    texts = [snapshot.name, snapshot.slug, *dict(snapshot.values).values()]
    if not all(isinstance(text, str) for text in texts):
        raise TypeError("A preset's snapshot holds something that is no text.")
    return snapshot


def _without_database() -> LoadedFrom:
    rungs = ladder()
    return "environment" if rungs.env or rungs.dotenv else "default"


def _log_canary(canary: Split | None) -> None:
    if canary is None:
        logger.info("No canary runs any more: every call goes to what is live.")
        return
    logger.info(
        "Canary: preset=%s percent=%s revision=%s",
        canary.candidate.preset,
        shown_percent(canary.percent),
        canary.candidate.revision,
    )


def _log(selection: Selection) -> None:
    for layer in LAYERS:
        choice = selection.choice(layer.name)
        source = (
            f"{choice.source}:{selection.preset}"
            if choice.source == "preset"
            else choice.source
        )
        fallbacks = ",".join(selection.fallbacks(layer.name))
        logger.info(
            "Using model: %s layer=%s source=%s revision=%s%s",
            choice.value,
            layer.name,
            source,
            selection.revision,
            f" fallbacks={fallbacks}" if fallbacks else "",
        )
