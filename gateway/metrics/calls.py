"""From calls that are over to rows of figures. What a kind of call adds to is looked up once
and kept, so that a call costs a few microseconds."""

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass
from math import inf, isfinite
from operator import attrgetter
from typing import Any

from gateway.budgets import BUDGET_S
from gateway.metrics.names import (
    COST,
    COST_UNKNOWN,
    DURATION,
    DURATION_EDGES,
    ERRORS,
    FALLBACKS,
    FIRST_TOKEN,
    FIRST_TOKEN_EDGES,
    OVER_BUDGET,
    OVERHEAD,
    OVERHEAD_EDGES,
    REQUESTS,
    TOKEN_EDGES,
    TOKENS,
    Metric,
)
from gateway.metrics.tables import NONE, OTHER, Row, Rows, Tables, Vocabulary
from gateway.records.finished import FinishedCall
from gateway.records.prices import cost_of
from gateway.spelling import parse_layer

KINDS_MAX = 5_000
MODELS_MAX = 200
NAMES_MAX = 100
CLIENT_GONE = 499

_kind_of = attrgetter(
    *("operation", "layer", "asked", "model", "provider", "preset", "status"),
    *("error", "fallback", "is_streamed"),
)


@dataclass(frozen=True, slots=True)
class _Kind:
    """What calls of one kind add to."""

    requests: Row
    errors: Row
    fallbacks: Row
    over_budget: Row
    cost: Row
    cost_unknown: Row
    tokens_in: Row
    tokens_out: Row
    duration: Row
    first_token: Row
    overhead: Row
    budget_s: float


class CallFigures:
    """What the calls of this process come to; one thread at a time may use it."""

    def __init__(self) -> None:
        self._tables = Tables()
        self._aliases: frozenset[str] = frozenset()
        self._kinds: dict[tuple[Any, ...], _Kind] = {}
        self._asked, self._models = Vocabulary(MODELS_MAX), Vocabulary(MODELS_MAX)
        self._providers, self._presets = Vocabulary(NAMES_MAX), Vocabulary(NAMES_MAX)
        self._codes = Vocabulary(NAMES_MAX)
        for layer in BUDGET_S:  # none over budget is a figure, too
            self._tables.of(OVER_BUDGET).row((layer,))

    def know(self, aliases: Iterable[str]) -> None:
        """Take these names as ones that clients may ask for, beside the layers' own."""
        self._aliases = frozenset(aliases) - {"*"}
        self._kinds.clear()

    def rows(self) -> dict[str, Rows]:
        """Return all figures, as they are now."""
        return self._tables.copied()

    def add(self, batch: Iterable[FinishedCall]) -> None:
        """Add calls that are over."""
        kinds = self._kinds
        for call in batch:
            kind = _kind_of(call)
            rows = kinds.get(kind) or self._learn(kind, call)
            rows.requests[0] += 1
            rows.errors[0] += 1
            rows.fallbacks[0] += 1
            if call.attempts:
                _add_spent(rows, call)
                _add_times(rows, call)

    def _learn(self, kind: tuple[Any, ...], call: FinishedCall) -> _Kind:
        if len(self._kinds) >= KINDS_MAX:  # clients choose what they ask for
            self._kinds.clear()
        rows = self._kinds[kind] = self._rows_for(call)
        return rows

    def _rows_for(self, call: FinishedCall) -> _Kind:
        row = self._row
        layer, code = call.layer or NONE, self._codes.admit(call.error)
        model = self._models.admit(call.model)
        provider = self._providers.admit(call.provider)
        preset, status = self._presets.admit(call.preset), str(call.status)
        served = layer, call.operation, provider, self._asked_label(call), model
        return _Kind(
            requests=row(REQUESTS, layer, model, provider, preset, status),
            errors=row(ERRORS, code, layer, when=call.error),
            fallbacks=row(
                FALLBACKS, layer, self._codes.admit(call.fallback), when=call.fallback
            ),
            over_budget=row(OVER_BUDGET, layer, when=layer in BUDGET_S),
            cost=row(COST, layer, model, provider, when=call.model),
            cost_unknown=row(COST_UNKNOWN, layer, model, provider, when=call.model),
            tokens_in=row(TOKENS, *served, "input", when=call.model),
            tokens_out=row(TOKENS, *served, "output", when=call.operation == "chat"),
            duration=row(DURATION, *served, call.error and code, when=call.model),
            first_token=row(FIRST_TOKEN, *served, when=call.is_streamed),
            overhead=row(OVERHEAD, layer, when=call.model),
            budget_s=BUDGET_S.get(layer, inf),
        )

    def _row(self, metric: Metric, *labels: str, when: object = True) -> Row:
        """Return the row to add to; one that nobody reads for a kind that has no such
        figure."""
        return self._tables.of(metric).row(labels) if when else [0.0] * 20

    def _asked_label(self, call: FinishedCall) -> str:
        """Return the name that was asked for where it is one of ours: any other is the
        client's own choice, and without bound."""
        is_ours = call.asked in self._aliases or parse_layer(call.asked)[0]
        if not call.layer or (call.asked and not is_ours):
            return OTHER
        return self._asked.admit(call.asked)


def _add_spent(rows: _Kind, call: FinishedCall) -> None:
    spent_in, spent_out, cost = call.input_tokens, call.output_tokens, call.cost_usd
    if spent_in is not None:
        _observe(rows.tokens_in, TOKEN_EDGES, spent_in)
    if spent_out is not None:
        _observe(rows.tokens_out, TOKEN_EDGES, spent_out)
    if cost is None:
        cost = cost_of(call.model, spent_in, spent_out)
    if cost is not None and isfinite(cost):
        rows.cost[0] += cost
    elif call.status < 400 or call.status == CLIENT_GONE:
        rows.cost_unknown[0] += 1


def _add_times(rows: _Kind, call: FinishedCall) -> None:
    duration_s, first_s = call.duration_s, call.first_chunk_s
    _observe(rows.duration, DURATION_EDGES, duration_s)
    _observe(rows.overhead, OVERHEAD_EDGES, max(0.0, duration_s - call.upstream_s))
    if first_s is not None:
        _observe(rows.first_token, FIRST_TOKEN_EDGES, first_s)
        rows.over_budget[0] += first_s > rows.budget_s


def _observe(row: Row, edges: tuple[float, ...], value: float) -> None:
    # `le` means at most: a value on an edge belongs below it.
    row[bisect_left(edges, value)] += 1
    row[-1] += value
