"""What a change of what is live would mean, as sentences, by the catalogue: prices before and
after, the month's cost at the traffic of late, contexts that shrink, abilities that go."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from brains.catalogue.catalogue import Catalogue
from brains.catalogue.wording import FREE, context, dollars, price
from brains.layers import LAYERS, Layer
from brains.preview.traffic import DAYS, Used
from brains.selection import Selection
from brains.serving import provider_of
from brains.wording import counted, listed
from providers.listed_model import Kind, ListedModel

MONTH_DAYS = 30
# OpenRouter's names of what a request may ask for -> what people call it.
ABILITIES = {
    "tools": "tools",
    "structured_outputs": "JSON schemas",
    "reasoning": "reasoning",
}
IMAGES = "images"
NOTHING = ("0", "0")


@dataclass(frozen=True, slots=True)
class Changing:
    """A layer whose model would be another one, with what is listed of both."""

    layer: Layer
    before: ListedModel | None
    after: ListedModel | None


def preview(
    now: Selection, then: Selection, catalogue: Catalogue, used: Mapping[str, Used]
) -> list[str]:
    """Return what to know of the change before it is made; [] when no model changes."""
    changing = list(_changing(now, then, catalogue))
    sentences = [sentence for each in changing for sentence in _about(each, used)]
    if unpriced := [c.layer.title for c in changing if not _is_priced(c.after)]:
        sentences.append(f"What {listed(unpriced)} would cost is not known.")
    if changing and (cost := _month(now, then, catalogue, used)):
        sentences.append(cost)
    return sentences


def _changing(
    now: Selection, then: Selection, catalogue: Catalogue
) -> Iterator[Changing]:
    for layer in LAYERS:
        if now.choice(layer.name).value != then.choice(layer.name).value:
            before, after = (_listed(each, layer, catalogue) for each in (now, then))
            yield Changing(layer, before, after)


def _listed(
    selection: Selection, layer: Layer, catalogue: Catalogue
) -> ListedModel | None:
    """Return what is listed of a layer's model. One on a server that bills no call has a
    price, nothing, whether it is listed or not."""
    model = selection.choice(layer.name).value
    found = catalogue.find(model)
    if provider_of(selection, layer).bills_calls:
        return found
    return replace(found or ListedModel(model, model, Kind.CHAT), price=NOTHING)


def _about(change: Changing, used: Mapping[str, Used]) -> Iterator[str]:
    title, before, after = change.layer.title, change.before, change.after
    if after is None:
        return
    was, costs = price(before) if before else "", price(after)
    if costs and not was == costs == FREE:
        said = "nothing per call" if after.price == NOTHING else costs
        yield f"{title} would cost {said}; now {was or 'its price is not known'}."
    if before is None:
        return
    if _shrinks(before, after):
        yield f"{title} would take in less: {context(after)}, {context(before)} now."
    if lost := _lost(before, after):
        known = used.get(change.layer.name)
        yield f"{title} would no longer do {listed(lost)}{_though(lost, known)}."


def _is_priced(model: ListedModel | None) -> bool:
    return bool(model and price(model))


def _shrinks(before: ListedModel, after: ListedModel) -> bool:
    return bool(
        before.context_length
        and after.context_length
        and after.context_length < before.context_length
    )


def _lost(before: ListedModel, after: ListedModel) -> list[str]:
    """Return what the model of now does and the other one does not; what is not told of a
    model is not lost."""
    lost: list[str] = []
    if before.parameters and after.parameters:
        gone = set(before.parameters) - set(after.parameters)
        lost += [said for name, said in ABILITIES.items() if name in gone]
    if after.input_modalities and "image" in before.input_modalities:
        lost += [] if "image" in after.input_modalities else [IMAGES]
    return lost


def _though(lost: Sequence[str], used: Used | None) -> str:
    """Say how many calls used what goes; "" when none did, or nothing is known."""
    calls = used.abilities if used else {}
    names = {**ABILITIES, IMAGES: IMAGES}
    told = [
        f"{counted(calls[name], 'call')} used {names[name]}"
        for name in names
        if names[name] in lost and calls.get(name)
    ]
    return f", though in the last {DAYS} days {listed(told)}" if told else ""


def _month(
    now: Selection, then: Selection, catalogue: Catalogue, used: Mapping[str, Used]
) -> str:
    """Say what a month costs at the traffic of late, as far as prices are known."""
    layers = [layer for layer in LAYERS if _has_tokens(used.get(layer.name))]
    costs = {
        layer.title: (
            _cost(_listed(now, layer, catalogue), used[layer.name]),
            _cost(_listed(then, layer, catalogue), used[layer.name]),
        )
        for layer in layers
    }
    known = {
        title: (before, after)
        for title, (before, after) in costs.items()
        if before is not None and after is not None
    }
    if not any(each for pair in known.values() for each in pair):
        return ""  # nothing is known, or neither costs anything
    before = sum((pair[0] for pair in known.values()), Decimal(0))
    after = sum((pair[1] for pair in known.values()), Decimal(0))
    unknown = [title for title in costs if title not in known]
    left_out = (
        f" Without {listed(unknown)}, whose price is not known." if unknown else ""
    )
    return (
        f"At the traffic of the last {DAYS} days a month would cost about {dollars(after)}; "
        f"now {dollars(before)}.{left_out}"
    )


def _has_tokens(used: Used | None) -> bool:
    return used is not None and bool(used.tokens_in or used.tokens_out)


def _cost(model: ListedModel | None, used: Used) -> Decimal | None:
    """Return what a model would cost in a month, in USD; None when that is not known."""
    if model is None or model.price is None:
        return None
    sent, answered = (Decimal(each) for each in model.price)
    return (sent * used.tokens_in + answered * used.tokens_out) * MONTH_DAYS / DAYS
