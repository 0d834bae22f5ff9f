"""What the calls of one revision come to. Plain values: where they are read is `newest`."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

# What a client did wrong, or its own hanging up, says nothing of a model.
_FAULTS_FROM = 500
_OF_AURA = frozenset({"overloaded", "server_shutting_down"})


@dataclass(frozen=True, slots=True)
class Figures:
    """What calls came to: how many, how many failed, what each cost where that is known,
    and the seconds to the first chunk of streams, by layer."""

    calls: int = 0
    errors: int = 0
    costs: tuple[float, ...] = ()
    first_chunks_s: Mapping[str, tuple[float, ...]] = field(default_factory=dict)

    @property
    def error_rate(self) -> float:
        """The share of calls that failed, 0 to 1; 0 for none."""
        return self.errors / self.calls if self.calls else 0.0

    @property
    def cost_usd(self) -> float | None:
        """What a call cost on average; None where nothing is known."""
        return sum(self.costs) / len(self.costs) if self.costs else None

    def first_chunk_p95_s(self, layer: str) -> float | None:
        """The seconds within which 95 % of the first chunks came; None for none."""
        times = sorted(self.first_chunks_s.get(layer, ()))
        return times[min(len(times) - 1, int(len(times) * 0.95))] if times else None


def says_nothing(status: int, error: str) -> bool:
    """Say whether a call ended in a way that says nothing of a model."""
    return error in _OF_AURA or 400 <= status < _FAULTS_FROM


def figures(rows: Iterable[Mapping[str, Any]]) -> Figures:
    """Return what rows of the table of calls come to."""
    calls = errors = 0
    costs: list[float] = []
    firsts: defaultdict[str, list[float]] = defaultdict(list)
    for row in rows:
        if says_nothing(row["status"], row["error"]):
            continue
        calls += 1
        # A stream that broke off has a status of 200 and an error.
        errors += bool(row["error"])
        if row["cost_usd"] is not None:
            costs.append(float(row["cost_usd"]))
        if row["first_chunk_s"] is not None:
            firsts[row["layer"]].append(row["first_chunk_s"])
    by_layer = {layer: tuple(times) for layer, times in firsts.items()}
    return Figures(calls, errors, tuple(costs), by_layer)
