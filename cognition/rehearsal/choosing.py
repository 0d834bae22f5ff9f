"""Which exchanges are rehearsed, and what that would cost by the price table."""

from collections.abc import Sequence
from dataclasses import dataclass

from brains.selection import Selection
from gateway.kept.models import KeptExchange
from gateway.kept.sealing import seal_if_any
from gateway.records.prices import cost_of

COUNT_MAX = 200
LAYERS = ("l1", "l2", "l3")


@dataclass(frozen=True, slots=True)
class Chosen:
    """An exchange, and what the candidate would take for it; None where that has no price."""

    exchange: KeptExchange
    expected_usd: float | None


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a choice comes to: of how many exchanges, in USD as far as prices are known, and
    the models without one."""

    count: int
    usd: float
    unpriced: tuple[str, ...]


def choose(selection: Selection, count: int, layer: str) -> list[Chosen]:
    """Return the newest exchanges that are whole and can be opened, of one layer or, for
    "", of all."""
    seal = seal_if_any()
    if seal is None:
        return []
    rows = KeptExchange.objects.filter(is_cut=False, seal_mark=seal.mark)
    if layer:
        rows = rows.filter(layer=layer)
    newest = rows.filter(layer__in=LAYERS).defer("sealed")[: min(count, COUNT_MAX)]
    return [Chosen(row, _expected(row, selection)) for row in newest]


def estimate(chosen: Sequence[Chosen], selection: Selection) -> Estimate:
    """Return what a choice comes to."""
    unpriced = {
        selection.choice(each.exchange.layer).value
        for each in chosen
        if each.expected_usd is None
    }
    known = (each.expected_usd or 0.0 for each in chosen)
    return Estimate(len(chosen), sum(known), tuple(sorted(unpriced)))


def _expected(row: KeptExchange, selection: Selection) -> float | None:
    """Return what the candidate takes for as many tokens as the exchange took."""
    model = selection.choice(row.layer).value
    return cost_of(model, row.input_tokens, row.output_tokens)
