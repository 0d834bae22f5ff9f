"""What the usage page shows, in words and bars; the figures come from `usage.spans`."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString

from brains.layers import LAYER_BY_NAME, LAYERS
from brains.templatetags.model_ids import breakable
from brains.wording import counted
from gateway.admin.usage_chart import Chart, chart
from gateway.budgets import BUDGET_S
from gateway.usage.spans import DAY, SPANS, Report, Span, Tally, report
from gateway.usage.words import seconds, share, short, usd, whole

ROWS_MAX = 12
# Roll-ups run each minute (`tasks.RECURRING`).
STALE_AFTER = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Row:
    """A tally under its name, figure by figure as people read them."""

    name: str
    calls: str
    errors: str
    error_share: str
    tokens_in: str
    tokens_out: str
    cost: str
    unknown: str
    has_unknown: bool

    @classmethod
    def of(cls, name: str, tally: Tally) -> "Row":
        """Put a tally in words."""
        return cls(
            name=name,
            calls=whole(tally.calls),
            errors=whole(tally.errors),
            error_share=share(tally.errors, tally.calls),
            tokens_in=short(tally.input_tokens),
            tokens_out=short(tally.output_tokens),
            cost=usd(tally.cost_usd),
            unknown=whole(tally.cost_unknown),
            has_unknown=bool(tally.cost_unknown),
        )


@dataclass(frozen=True, slots=True)
class Pace:
    """How quick a layer was, and how often it broke its budget ("" without one)."""

    title: str
    role: str
    streams: str
    p50: str
    p95: str
    budget: str
    broken: str
    broken_share: str


@dataclass(frozen=True, slots=True)
class Table:
    """The rows of one way to look at the calls, most calls first."""

    title: str
    head: str
    rows: tuple[Row, ...]


def context(name: str, now: datetime) -> dict[str, Any]:
    """Return what the template shows of the span with this name; today when unknown."""
    span = next((span for span in SPANS if span.name == name), SPANS[0])
    seen = report(span, now)
    return {
        "spans": SPANS,
        "span": span,
        "total": Row.of("", seen.total) if seen.total.calls else None,
        "tables": _tables(seen),
        "paces": tuple(_paces(seen.by_layer)),
        "charts": _charts(seen, span),
        "steps": [Row.of(_when(m, span), tally) for m, tally in seen.steps.items()],
        "counted_until": seen.counted_until,
        "is_stale": not seen.counted_until or now - seen.counted_until > STALE_AFTER,
    }


def _tables(seen: Report) -> tuple[Table, ...]:
    models = ((_model(*key), tally) for key, tally in seen.by_model.items())
    presets = ((name or "no preset", t) for name, t in seen.by_preset.items())
    layers = ((_layer(name), tally) for name, tally in seen.by_layer.items())
    return (
        Table("By layer", "Layer", _rows(layers)),
        Table("By model", "Model", _rows(models)),
        Table("By key", "Key", _rows(seen.by_key.items())),
        Table("By preset", "Preset", _rows(presets)),
    )


def _rows(tallies: Iterable[tuple[str, Tally]]) -> tuple[Row, ...]:
    """Return the first rows, and the rest as one."""
    known = list(tallies)
    shown, rest = known[:ROWS_MAX], known[ROWS_MAX:]
    if rest:
        shown.append((counted(len(rest), "other"), sum((t for _, t in rest), Tally())))
    return tuple(Row.of(name, tally) for name, tally in shown)


def _layer(name: str) -> str:
    if layer := LAYER_BY_NAME.get(name):
        return format_html("{} <small>{}</small>", layer.title, layer.role)
    return "refused before a layer"


def _model(model: str, provider: str) -> SafeString:
    return format_html("<code>{}</code> <small>{}</small>", breakable(model), provider)


def _paces(tallies: Mapping[str, Tally]) -> Iterable[Pace]:
    for layer in LAYERS:
        tally = tallies.get(layer.name, Tally())
        if not tally.streams:
            continue
        budget_s = BUDGET_S.get(layer.name)
        yield Pace(
            title=layer.title,
            role=layer.role,
            streams=whole(tally.streams),
            p50=seconds(tally.first_chunk_s(0.5)),
            p95=seconds(tally.first_chunk_s(0.95)),
            budget=seconds(budget_s) if budget_s else "",
            broken=whole(tally.over_budget),
            broken_share=share(tally.over_budget, tally.streams),
        )


def _charts(seen: Report, span: Span) -> tuple[Chart, ...]:
    steps = [(_when(moment, span), tally) for moment, tally in seen.steps.items()]
    return (
        chart("Calls", steps, lambda t: t.calls, _calls, bad=lambda t: t.errors),
        chart("Known cost", steps, lambda t: t.cost_usd, lambda t: usd(t.cost_usd)),
    )


def _calls(tally: Tally) -> str:
    errors = f", {counted(tally.errors, 'error')}" if tally.errors else ""
    return f"{whole(tally.calls)} {'call' if tally.calls == 1 else 'calls'}{errors}"


def _when(moment: datetime, span: Span) -> str:
    return f"{moment:%H:%M}" if span.step < DAY else f"{moment:%Y-%m-%d}"
