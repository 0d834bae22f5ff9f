"""The tables at the end: every figure of every gateway, how Aura's stand to the others', and
the figures that only Aura has. In Markdown, for docs/performance.md."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bench.figures import Sample, Spread, ratio, spread

Samples = Mapping[str, Sequence[Sample]]
"""Of one gateway: what each scenario gave, round by round."""

UPSTREAM = "upstream"
AURA = "aura"
_NOTHING = "–"


@dataclass(frozen=True)
class Row:
    """One figure. `added`: without what the upstream alone takes. `compared`: its ratio to
    another's says something."""

    label: str
    scenario: str
    figure: str
    digits: int = 0
    added: bool = False
    compared: bool = False

    def of(self, gateway: str, samples: Mapping[str, Samples]) -> Spread | None:
        """Return the figure of a gateway; None where there is none."""
        found = spread(samples.get(gateway, {}).get(self.scenario, ()), self.figure)
        if not self.added:
            return found
        alone = spread(samples.get(UPSTREAM, {}).get(self.scenario, ()), self.figure)
        if gateway == UPSTREAM or found is None or alone is None:
            return None
        return found.less(alone.median)


ROWS = (
    Row("requests a second, 1 connection", "chat1", "per_s", compared=True),
    Row("requests a second, 16 connections", "chat16", "per_s", compared=True),
    Row("requests a second, 64 connections", "chat64", "per_s", compared=True),
    Row("embeddings a second, 16 connections", "embeddings", "per_s", compared=True),
    Row("CPU ms a request, 16 connections", "chat16", "cpu_ms", 3, compared=True),
    Row("p50 ms added, 1 connection", "chat1", "p50_ms", 3, True, True),
    Row("p99 ms, 64 connections", "chat64", "p99_ms", 1),
    Row("ms to the first chunk added", "first_chunk", "p50_ms", 3, True, True),
    Row("streams of 50 chunks a second: open", "streams", "open"),
    Row("— chunks not here a second later", "streams", "lost"),
    Row("— p99 ms that a chunk is late", "streams", "p99_ms", 1),
    Row("streams of 1 chunk a second: open", "hold", "open"),
    Row("— chunks not here a second later", "hold", "lost"),
    Row("— p99 ms that a chunk is late", "hold", "p99_ms", 1),
    Row("— PSS of the process that serves, MiB", "hold", "mib"),
    Row("— PSS of all its processes, MiB", "hold", "mib_in_all"),
    Row("— upstream streams left 1 s after all clients hung up", "hold", "left"),
)
STEPS = ("a quarter", "half", "three quarters", "all")
AURA_ROWS = (
    Row("CPU ms a request, one worker", "workers", "one_ms", 3),
    Row("CPU ms a request, four workers on the same core", "workers", "four_ms", 3),
    Row("— four ÷ one", "workers", "ratio", 3),
    Row("swaps during the requests", "swaps", "swaps"),
    Row("requests a second without swaps", "swaps", "calm_per_s"),
    Row("requests a second with them", "swaps", "swapped_per_s"),
    Row("— with ÷ without", "swaps", "ratio", 3),
    Row("p99 ms without swaps", "swaps", "calm_p99_ms", 1),
    Row("p99 ms with them", "swaps", "swapped_p99_ms", 1),
    Row("requests for the memory", "memory", "requests"),
    Row("RSS of the worker before them, MiB", "memory", "mib_0", 1),
    *(
        Row(f"— after {part} of them", "memory", f"mib_requests_{number}", 1)
        for number, part in enumerate(STEPS, 1)
    ),
    Row("disconnects after that", "memory", "hang_ups"),
    *(
        Row(f"— RSS after {part} of them, MiB", "memory", f"mib_hang_ups_{number}", 1)
        for number, part in enumerate(STEPS, 1)
    ),
    Row("— upstream streams left 1 s later", "memory", "left"),
)


def render(samples: Mapping[str, Samples], titles: Mapping[str, str]) -> str:
    """Return the tables. `titles` names the gateways, in the order of the columns."""
    parts = [_figures(samples, titles)]
    others = {name: titles[name] for name in titles if name not in (UPSTREAM, AURA)}
    if AURA in titles and others:
        parts.append(_ratios(samples, others))
    if AURA in titles:
        parts.append(_aura(samples, titles[AURA]))
    return "\n\n".join(part for part in parts if part)


def _figures(samples: Mapping[str, Samples], titles: Mapping[str, str]) -> str:
    lines = [
        (row.label, *(_cell(row, name, samples) for name in titles)) for row in ROWS
    ]
    errors = ("errors", *(f"{_errors(samples.get(name, {})):,}" for name in titles))
    return _table(("median (min..max)", *titles.values()), [*lines, errors])


def _ratios(samples: Mapping[str, Samples], others: Mapping[str, str]) -> str:
    lines = []
    for row in ROWS:
        if row.compared:
            ours = row.of(AURA, samples)
            found = [ratio(ours, row.of(name, samples)) for name in others]
            lines.append((row.label, *(_times(value) for value in found)))
    return _table(("Aura ÷ theirs, medians", *others.values()), lines)


def _aura(samples: Mapping[str, Samples], title: str) -> str:
    lines = [(row.label, _cell(row, AURA, samples)) for row in AURA_ROWS]
    return _table(("Aura alone", title), lines)


def _cell(row: Row, gateway: str, samples: Mapping[str, Samples]) -> str:
    found = row.of(gateway, samples)
    return found.text(row.digits) if found else _NOTHING


def _times(value: float | None) -> str:
    return _NOTHING if value is None else f"{value:.3g} ×"


def _errors(samples: Samples) -> int:
    each = [sample for repeated in samples.values() for sample in repeated]
    return int(sum(sample.get("errors", 0) for sample in each))


def _table(head: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    """Return a table without the lines that say nothing; "" when none is left."""
    said = [line for line in lines if set(line[1:]) != {_NOTHING}]
    if not said:
        return ""
    rows = [head, ["---"] * len(head), *said]
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)
