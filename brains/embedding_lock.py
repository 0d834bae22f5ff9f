"""What holds up a change of the embedding model and its dimension: AURA_EMBEDDING_LOCK, for
applications that keep vectors, whatever the change; else the guard of the vectors that Aura
keeps itself."""

from django.conf import settings

from brains import embedding_guard, live
from brains.embedding_way import Way, to_values_of_an_edit, way_to
from brains.errors import EmbeddingLocked
from brains.layers import DIMENSION, EMBEDDING
from brains.ledger import latest
from brains.selection import Selection, Snapshot, resolve
from brains.space import space_of

_WORDS = {
    EMBEDDING.model.field: "the embedding model",
    DIMENSION.field: "the dimension",
}


def changed_fields(before: Snapshot | None, after: Snapshot | None) -> list[str]:
    """Return which of the two fields would resolve to another value, lock or not."""
    return _changed(*_resolved(before, after))


def refusal(
    before: Snapshot | None, after: Snapshot | None, lacking_max: int = 0
) -> EmbeddingLocked | None:
    """Return why `after` (None: no preset) must not follow `before`, or None when it may.
    `lacking_max` memories may lack their vector."""
    now, then = _resolved(before, after)
    if not (fields := _changed(now, then)):
        return None
    if settings.AURA_EMBEDDING_LOCK:
        return EmbeddingLocked(_locked(now, then, fields))
    is_edit = before is not None and after is not None and before.slug == after.slug

    def find_way() -> Way:
        if is_edit:
            return to_values_of_an_edit()
        return way_to(after, then, embedding_guard.under_way)

    spaces = space_of(now), space_of(then)
    return embedding_guard.refused(*spaces, find_way, lacking_max)


def refuse_now(after: Snapshot | None) -> None:
    """Raise EmbeddingLocked when `after` (None: no preset) must not follow what is live:
    said before models are asked for nothing. The change itself asks again, under its lock."""
    newest = latest()
    refuse_change(newest.as_snapshot() if newest else None, after)


def refuse_change(
    before: Snapshot | None, after: Snapshot | None, lacking_max: int = 0
) -> None:
    """Raise EmbeddingLocked when `after` must not follow `before`."""
    if error := refusal(before, after, lacking_max):
        raise error


def shortfall(before: Snapshot | None, after: Snapshot | None) -> str:
    """Say what lacks its vector after a change that nothing holds up; "" when all is there."""
    now, then = _resolved(before, after)
    return embedding_guard.shortfall(space_of(now), space_of(then))


def _locked(now: Selection, then: Selection, fields: list[str]) -> str:
    what = " and ".join(
        f"{_WORDS[field]} from {now.choices[field].value} to {then.choices[field].value}"
        for field in fields
    )
    return (
        f"AURA_EMBEDDING_LOCK is on, and this would change {what}: vectors that are stored "
        "cannot be compared with new ones. Keep what is effective now, or set "
        "AURA_EMBEDDING_LOCK=false, restart, and embed again what is stored."
    )


def _resolved(
    before: Snapshot | None, after: Snapshot | None
) -> tuple[Selection, Selection]:
    rungs = live.ladder()
    return resolve(before, rungs), resolve(after, rungs)


def _changed(now: Selection, then: Selection) -> list[str]:
    return [f for f in _WORDS if now.choices[f].value != then.choices[f].value]
