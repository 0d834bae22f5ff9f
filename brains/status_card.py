"""What the status page shows of each layer: what serves it, why, and what that hides."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from brains.layers import DIMENSION, EMBEDDING, LAYERS, Layer, Value
from brains.selection import Selection, Source
from brains.serving import provider_of
from brains.wording import RUNG_NAMES, because, place
from providers.registry import Provider

RungState = Literal["serves", "hidden", "refused", "unset"]


@dataclass(frozen=True, slots=True)
class RungView:
    """One rung of a value's ladder as a person sees it; `text` is its usable value."""

    source: Source
    name: str
    state: RungState
    place: str
    text: str


@dataclass(frozen=True, slots=True)
class ValueView:
    """One effective value, why it serves, and its whole ladder, highest rung first."""

    key: str
    text: str
    because: str
    rungs: tuple[RungView, ...]

    @property
    def place(self) -> str:
        """Where it stands."""
        return next(rung.place for rung in self.rungs if rung.state == "serves")

    @property
    def is_set(self) -> bool:
        """Whether somebody set it, be it to none."""
        return self.rungs[-1].state != "serves"

    @property
    def hidden(self) -> tuple[RungView, ...]:
        """The usable values that this one hides: the first would serve without it."""
        return tuple(rung for rung in self.rungs if rung.state == "hidden")

    @property
    def refused(self) -> tuple[RungView, ...]:
        """The rungs whose value failed its check."""
        return tuple(rung for rung in self.rungs if rung.state == "refused")


@dataclass(frozen=True, slots=True)
class Card:
    """A layer, its model, the provider that serves it; `fallback` where one was set,
    `dimension` for vectors only, `pace` where it is known."""

    layer: Layer
    provider: Provider
    model: ValueView
    fallback: ValueView | None
    dimension: ValueView | None
    pace: str


def cards(selection: Selection, paces: Mapping[str, str]) -> tuple[Card, ...]:
    """Return a card for each of the four layers; `paces` says how quick they were."""
    return tuple(_card(layer, selection, paces.get(layer.name, "")) for layer in LAYERS)


def _card(layer: Layer, selection: Selection, pace: str) -> Card:
    model = view(layer.model, selection)
    provider = provider_of(selection, layer)
    dimension = view(DIMENSION, selection) if layer is EMBEDDING else None
    fallback = fallback_of(layer, selection)
    return Card(layer, provider, model, fallback, dimension, pace)


def fallback_of(layer: Layer, selection: Selection) -> ValueView | None:
    """Return what is tried when a layer's model fails, as it is shown to people; None when
    there is nothing to say of it."""
    if layer.fallback is None:
        return None
    fallback = view(layer.fallback, selection)
    return fallback if fallback.text or fallback.hidden or fallback.refused else None


def view(value: Value, selection: Selection) -> ValueView:
    """Return one effective value as it is shown to people."""
    choice = selection.choices[value.field]
    return ValueView(
        key=value.field,
        text=choice.value,
        because=because(choice.source, value, selection.preset),
        rungs=tuple(_rungs(value, selection)),
    )


def _rungs(value: Value, selection: Selection) -> Iterator[RungView]:
    choice = selection.choices[value.field]
    usable = {rung.source: rung.value for rung in choice.hidden}
    usable[choice.source] = choice.value
    refused = _refused(value, selection)
    for source in Source:
        state: RungState = "hidden" if source in usable else "unset"
        state = "refused" if source in refused else state
        yield RungView(
            source=source,
            name=RUNG_NAMES[source],
            state="serves" if source is choice.source else state,
            place=place(source, value, selection.preset),
            text=usable.get(source, ""),
        )


def _refused(value: Value, selection: Selection) -> set[str]:
    """Return the sources whose value for this was refused."""
    names = {value.variable, f"{selection.preset}.{value.field}"}
    return {p.source for p in selection.problems if p.name in names}
