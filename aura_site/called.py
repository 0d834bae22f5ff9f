"""What pages say of the calls of each revision, and of two presets. The pages are in `brains`,
the figures are in `gateway`: they meet here."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from django.utils import timezone

from brains.called import Comparison, Line, Lived, Names
from brains.layers import LAYERS
from brains.wording import counted
from gateway.usage.lives import Life, Window
from gateway.usage.lives import lives as came_to
from gateway.usage.spans import Tally, counted_until, of_presets
from gateway.usage.words import seconds, share, short, usd, whole

NOTHING = "–"


def lives(lived: Sequence[Lived]) -> Mapping[int, str]:
    """Say of each revision how many calls came while it was live, and what they cost."""
    now = timezone.now()
    windows = [Window(each.revision, each.begin, each.end or now) for each in lived]
    return {revision: _said(life) for revision, life in came_to(windows).items()}


def _said(life: Life) -> str:
    if not life.calls:
        return "no calls" if life.is_whole else "calls no longer kept"
    calls = "1 call" if life.calls == 1 else f"{whole(life.calls)} calls"
    return f"{'' if life.is_whole else 'at least '}{calls}, {_cost(life)}"


def _cost(life: Life) -> str:
    if not life.cost_unknown:
        return usd(life.cost_usd)
    if not life.cost_usd:
        return "cost not known"
    return (
        f"{usd(life.cost_usd)} and {counted(life.cost_unknown, 'call')} of unknown cost"
    )


def compared(first: Names, second: Names, since: datetime) -> Comparison:
    """Say what came of the calls of two presets since then, layer by layer."""
    found = of_presets((*first, *second), since)
    one, other = (_together(found, names) for names in (first, second))
    pairs = {layer.name: (one[layer.name], other[layer.name]) for layer in LAYERS}
    return Comparison(
        calls=(_calls(one), _calls(other)),
        layers={name: tuple(_lines(*p)) for name, p in pairs.items() if any(_used(p))},
        counted_until=counted_until(),
    )


def _together(
    found: Mapping[str, Mapping[str, Tally]], names: Names
) -> dict[str, Tally]:
    """Return layer -> what came of its calls under any of these names."""
    sides = [found.get(name, {}) for name in names]
    return {
        layer.name: sum((side.get(layer.name, Tally()) for side in sides), Tally())
        for layer in LAYERS
    }


def _calls(side: Mapping[str, Tally]) -> int:
    return sum(tally.calls for tally in side.values())


def _used(pair: tuple[Tally, Tally]) -> tuple[int, int]:
    return pair[0].calls, pair[1].calls


def _lines(first: Tally, second: Tally) -> Iterator[Line]:
    yield Line("Calls", whole(first.calls), whole(second.calls))
    yield Line("Errors", _errors(first), _errors(second))
    if first.streams or second.streams:
        yield Line("First token, p50 and p95", _pace(first), _pace(second))
    yield Line("Tokens per call, in and out", _tokens(first), _tokens(second))
    yield Line("Cost per call", _cost_per_call(first), _cost_per_call(second))


def _errors(tally: Tally) -> str:
    if not tally.errors:
        return "none" if tally.calls else NOTHING
    return f"{whole(tally.errors)} ({share(tally.errors, tally.calls)})"


def _pace(tally: Tally) -> str:
    if not tally.streams:
        return NOTHING
    return ", ".join(seconds(tally.first_chunk_s(part)) for part in (0.5, 0.95))


def _tokens(tally: Tally) -> str:
    if not (answered := tally.calls - tally.errors):
        return NOTHING
    each = (tally.input_tokens, tally.output_tokens)
    return ", ".join(short(round(tokens / answered)) for tokens in each)


def _cost_per_call(tally: Tally) -> str:
    """Return the mean of what is known. A call that failed cost nothing."""
    priced = tally.calls - tally.errors - tally.cost_unknown
    return usd(tally.cost_usd / priced) if priced > 0 else NOTHING
