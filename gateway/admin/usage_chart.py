"""The bars of the usage page: one for each step of time, as rectangles in an SVG of the height
100. What they look like is in `static/aura/usage.css`."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal

from gateway.usage.spans import Tally

HEIGHT = 100
# So that a single call among thousands can be seen.
LEAST = 1.5
# On each side of a bar, which leaves 0.8 for it (`templates/admin/gateway/usage.html`).
GAP = 0.1

Figure = Callable[[Tally], int | Decimal]


@dataclass(frozen=True, slots=True)
class Bar:
    """One step: where it stands, how high its sum is, and the bad part of that."""

    x: int
    height: float
    bad: float
    tip: str

    @property
    def left(self) -> float:
        """Where its left side is."""
        return self.x + GAP

    @property
    def y(self) -> float:
        """Where its upper end is, from above."""
        return HEIGHT - self.height

    @property
    def bad_y(self) -> float:
        """Where the upper end of its bad part is."""
        return HEIGHT - self.bad


@dataclass(frozen=True, slots=True)
class Chart:
    """Bars from left to right, each one unit wide; `highest` is the highest sum in words."""

    title: str
    bars: tuple[Bar, ...]
    highest: str


def chart(
    title: str,
    steps: Iterable[tuple[str, Tally]],
    figure: Figure,
    words: Callable[[Tally], str],
    bad: Figure = lambda _: 0,
) -> Chart:
    """Return the chart of a figure of each step, of which `bad` is a part."""
    known = tuple(steps)
    highest = max((tally for _, tally in known), key=figure, default=Tally())
    top = figure(highest)
    bars = tuple(
        Bar(
            x,
            _height(figure(tally), top),
            _height(bad(tally), top),
            f"{when}: {words(tally)}",
        )
        for x, (when, tally) in enumerate(known)
    )
    return Chart(title, bars, words(highest))


def _height(part: int | Decimal, top: int | Decimal) -> float:
    return max(LEAST, round(float(part / top) * HEIGHT, 1)) if part else 0
