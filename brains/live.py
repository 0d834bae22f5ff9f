"""The live selection of this process: one immutable object, replaced whole by one
assignment. Readers take it once per request; `brains/watcher.py` keeps it fresh."""

import logging
import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Literal

from django.conf import settings

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


_current: Live | None = None

changed = threading.Event()
"""Set by a change committed in this process, so that its watcher looks at once."""


def current() -> Live:
    """Return what is live in this process; before anything was loaded, what the
    environment and the built-in defaults give."""
    return _current or install(None, _without_database())


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
        "since": newest.created_at.isoformat() if newest else None,
        "by": newest.by_name if newest else "",
        "reason": newest.reason if newest else "",
        "presets": presets,
    }


def install(payload: Mapping[str, Any] | None, loaded_from: LoadedFrom) -> Live:
    """Make `payload` (as `read` gives it; None for no preset) the live one.

    Raises KeyError, TypeError or ValueError, and leaves all as it was, when the payload
    is not of that shape.
    """
    global _current
    fresh = _built(payload or {"revision": 0, "presets": []}, loaded_from)
    before, _current = _current, fresh
    if before is None or before.selection.digest != fresh.selection.digest:
        _log(fresh.selection)
    return fresh


def load() -> Live:
    """Load what is live from the database, in a process that has no watcher."""
    return install(read(), "database")


def forget() -> None:
    """Go back to the state of a process that has loaded nothing."""
    global _current
    _current = None


def _built(payload: Mapping[str, Any], loaded_from: LoadedFrom) -> Live:
    rungs, revision = ladder(), int(payload["revision"])
    active = Snapshot(**payload["preset"]) if payload.get("preset") else None
    presets = [Snapshot(**fields) for fields in payload["presets"]]
    since = payload.get("since")
    return Live(
        selection=resolve(active, rungs, revision=revision),
        presets={p.slug: resolve(p, rungs, revision=revision) for p in presets},
        loaded_from=loaded_from,
        since=datetime.fromisoformat(since) if since else None,
        by=str(payload.get("by", "")),
        reason=str(payload.get("reason", "")),
    )


def _without_database() -> LoadedFrom:
    rungs = ladder()
    return "environment" if rungs.env or rungs.dotenv else "default"


def _log(selection: Selection) -> None:
    for layer in LAYERS:
        choice = selection.choice(layer.name)
        source = (
            f"{choice.source}:{selection.preset}"
            if choice.source == "preset"
            else choice.source
        )
        logger.info(
            "Using model: %s layer=%s source=%s revision=%s",
            choice.value,
            layer.name,
            source,
            selection.revision,
        )
