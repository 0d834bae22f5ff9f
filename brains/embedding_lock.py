"""The lock on the embedding model and its dimension, for applications that keep vectors: with
AURA_EMBEDDING_LOCK on, no change of what is effective may change either."""

from django.conf import settings

from brains import live
from brains.errors import EmbeddingLocked
from brains.layers import DIMENSION, EMBEDDING
from brains.selection import Selection, Snapshot, resolve

_WORDS = {
    EMBEDDING.model.field: "the embedding model",
    DIMENSION.field: "the dimension",
}


def changed_fields(before: Snapshot | None, after: Snapshot | None) -> list[str]:
    """Return which of the two fields would resolve to another value, lock or not."""
    return _changed(*_resolved(before, after))


def refusal(before: Snapshot | None, after: Snapshot | None) -> str:
    """Return why `after` (None: no preset) must not follow `before`, or "" when it may."""
    now, then = _resolved(before, after)
    fields = _changed(now, then) if settings.AURA_EMBEDDING_LOCK else []
    if not fields:
        return ""
    what = " and ".join(
        f"{_WORDS[field]} from {now.choices[field].value} to {then.choices[field].value}"
        for field in fields
    )
    return (
        f"AURA_EMBEDDING_LOCK is on, and this would change {what}: vectors that are stored "
        "cannot be compared with new ones. Keep what is effective now, or set "
        "AURA_EMBEDDING_LOCK=false, restart, and embed again what is stored."
    )


def refuse_change(before: Snapshot | None, after: Snapshot | None) -> None:
    """Raise EmbeddingLocked when `after` must not follow `before`."""
    if sentence := refusal(before, after):
        raise EmbeddingLocked(sentence)


def _resolved(
    before: Snapshot | None, after: Snapshot | None
) -> tuple[Selection, Selection]:
    rungs = live.ladder()
    return resolve(before, rungs), resolve(after, rungs)


def _changed(now: Selection, then: Selection) -> list[str]:
    return [f for f in _WORDS if now.choices[f].value != then.choices[f].value]
