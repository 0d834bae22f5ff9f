"""The way to another embedding model where stored vectors hold it up: the preset to re-embed
for, and what is to be done before that can begin."""

from collections.abc import Callable
from dataclasses import dataclass

from brains.models import ModelPreset
from brains.preflight.known import keeps_from_re_embedding
from brains.selection import Selection, Snapshot


@dataclass(frozen=True, slots=True)
class UnderWay:
    """A re-embedding that is open: for which preset (by its id), how it is said, and where
    its page is."""

    preset: int | None
    said: str
    url: str


@dataclass(frozen=True, slots=True)
class Way:
    """What to do, as sentences; for which preset, if there is one already; whether that can
    begin now; and where what is open already can be seen."""

    sentence: str
    preset: ModelPreset | None = None
    can_begin: bool = False
    open_url: str = ""


def to_values_of_an_edit() -> Way:
    """Return the way where what is live would be edited: its new values are no preset."""
    return _SAVE_FIRST


def way_to(
    wanted: Snapshot | None,
    then: Selection,
    under_way: Callable[[], UnderWay | None],
) -> Way:
    """Return the way to what `wanted` (None: no preset) resolves to, `then`."""
    preset = _stored_as(wanted)
    if preset is None:
        return _SAVE_FIRST
    same = "" if wanted else _SAME.format(preset.name)
    if found := under_way():
        return Way(same + _behind(found, preset), preset, open_url=found.url)
    how = (
        f"by the button on the page that activates {preset.name}, or by manage.py reembed "
        f"{preset.slug}."
    )
    if reasons := keeps_from_re_embedding(then):
        first = f"Re-embed for {preset.name} first, which cannot begin yet. Mend this before:"
        return Way(f"{same}{first} {' '.join(reasons)} Then re-embed {how}", preset)
    sentence = f"{same}Re-embed first, then it switches by itself: {how}"
    return Way(sentence, preset, can_begin=True)


_SAME = "{} has no values of its own, which comes to the same. "
_SAVE_FIRST = Way(
    "Re-embed first: save these values as a preset of their own, and choose that on the page "
    "that activates it, or run manage.py reembed PRESET."
)


def _stored_as(wanted: Snapshot | None) -> ModelPreset | None:
    """Return the preset that has these values to the letter; for no preset, one that has
    none of its own."""
    if wanted:
        found = ModelPreset.objects.filter(slug=wanted.slug).first()
        return found if found and found.snapshot() == wanted else None
    presets = ModelPreset.objects.order_by("pk")
    return next((p for p in presets if not any(p.snapshot().values.values())), None)


def _behind(found: UnderWay, preset: ModelPreset) -> str:
    if found.preset == preset.pk:
        return f"{found.said}. At its end it activates {preset.name} by itself."
    return (
        f"{found.said}. One is open at a time: when that is over or cancelled, re-embed for "
        f"{preset.name}."
    )
