"""What becomes of repeated measurements: the median with its range, and how Aura's stands to
another's. Which figures there are is in `table`."""

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

Sample = dict[str, float]
"""What one measurement gave, by the figure's name."""


@dataclass(frozen=True)
class Spread:
    """One figure over all rounds."""

    median: float
    low: float
    high: float

    def less(self, offset: float) -> "Spread":
        """Return it without `offset`."""
        return Spread(self.median - offset, self.low - offset, self.high - offset)

    def text(self, digits: int) -> str:
        """Return "median (low..high)"; the median alone where all are the same."""
        shown = [f"{value:,.{digits}f}" for value in (self.median, self.low, self.high)]
        middle, low, high = (text.replace("-0", "0", 1) if _is_zero(text) else text for text in shown)  # fmt: skip
        return middle if low == high else f"{middle} ({low}..{high})"


def spread(samples: Iterable[Sample], figure: str) -> Spread | None:
    """Return the figure over these samples; None where none of them has it."""
    values = [sample[figure] for sample in samples if figure in sample]
    if not values:
        return None
    return Spread(statistics.median(values), min(values), max(values))


def ratio(ours: Spread | None, theirs: Spread | None) -> float | None:
    """Return our median in terms of theirs; None where it would say nothing."""
    if ours is None or theirs is None or theirs.median <= 0:
        return None
    return ours.median / theirs.median


def percentile(values: Sequence[float], share: int) -> float:
    """Return the value that `share` of 100 are not above."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, len(ordered) * share // 100)]


def _is_zero(text: str) -> bool:
    return text.startswith("-") and not text.strip("-0.,")
