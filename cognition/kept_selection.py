"""A selection as a turn keeps it: what is done for the turn later, is done by the same models,
whatever is live by then."""

from typing import Any

from brains.selection import Choice, Selection, Source


def kept(selection: Selection) -> dict[str, Any]:
    """Return what is kept, ready for JSON."""
    return {
        "revision": selection.revision,
        "preset": selection.preset,
        "preset_slug": selection.preset_slug,
        "choices": {n: [c.value, c.source] for n, c in selection.choices.items()},
    }


def restored(kept: dict[str, Any]) -> Selection:
    """Return the selection that `kept` was made of, without what it hid."""
    return Selection(
        revision=kept["revision"],
        preset=kept["preset"],
        preset_slug=kept["preset_slug"],
        choices={
            name: Choice(value, Source(source), ())
            for name, (value, source) in kept["choices"].items()
        },
        problems=(),
    )
