"""One rehearsal as its page shows it: how far it is, both sides summed up, and the exchanges
that are over, each with both replies. All of it is plain text."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from cognition.rehearsal import texts
from cognition.rehearsal.figures import figures
from cognition.rehearsal.models import Rehearsal, RehearsedExchange
from cognition.rehearsal.running import spent
from gateway.admin.call_wording import span, usd
from gateway.kept.sealing import Seal, Unreadable, seal_if_any
from gateway.kept.texts import Texts, unpack

State = Rehearsal.State
WAITING = RehearsedExchange.State.WAITING

# More of a text is not put on the page: two hundred of them stand there.
SHOWN = 8_000
_ERRORS = {
    "worker_died": "Three workers ended while they asked it. It is left alone.",
    "unreadable": "The key that sealed it is gone.",
}


@dataclass(frozen=True, slots=True)
class Side:
    """What one side said to an exchange, and what that took."""

    title: str
    model: str
    text: str
    facts: tuple[str, ...]
    error: str = ""


@dataclass(frozen=True, slots=True)
class Pair:
    """One exchange with both replies."""

    id: int
    layer: str
    when: Any
    message: str
    sides: tuple[Side, Side]


def context(rehearsal: Rehearsal, seen: int = 0) -> dict[str, Any]:
    """Return what the page shows, without the first `seen` exchanges that are over: those
    stand there already."""
    rows = list(_over(rehearsal).defer("sealed", "exchange__sealed"))
    total = rehearsal.exchanges.count()
    return {
        "rehearsal": rehearsal,
        "is_running": rehearsal.state == State.RUNNING,
        "total": total,
        "over": len(rows),
        "left": total - len(rows),
        "spent": usd(Decimal(str(round(spent(rehearsal.exchanges.all()), 10)))),
        "cap": usd(Decimal(str(rehearsal.cap_usd))),
        "figures": figures(rows),
        "pairs": list(_pairs(rehearsal, _over(rehearsal)[seen:])),
    }


def _over(rehearsal: Rehearsal) -> Any:
    """Return the rows that are over, in the order in which they ended."""
    rows = rehearsal.exchanges.exclude(state=WAITING).select_related("exchange")
    return rows.order_by("ended_at", "pk")


def _pairs(rehearsal: Rehearsal, rows: Sequence[RehearsedExchange]) -> Iterator[Pair]:
    key = seal_if_any()
    for row in rows:
        asked = _asked(key, row)
        yield Pair(
            id=row.pk,
            layer=row.exchange.layer.upper(),
            when=row.exchange.kept_at,
            message=_shown(asked.last_message),
            sides=(_original(row, asked), _candidate(rehearsal, row, key)),
        )


def _original(row: RehearsedExchange, asked: Texts) -> Side:
    exchange = row.exchange
    served = exchange.preset or "no preset"
    return Side(
        f"Original: {served}, revision {exchange.revision}",
        exchange.model,
        _shown(asked.reply),
        tuple(_facts(exchange)),
    )


def _candidate(rehearsal: Rehearsal, row: RehearsedExchange, key: Seal | None) -> Side:
    try:
        text = texts.opened(key, row.sealed, row.pk)
    except Unreadable:
        text = ""
    has_failed = row.state == RehearsedExchange.State.FAILED
    facts = [*_facts(row), *([f"fallback: {row.fallback}"] if row.fallback else [])]
    return Side(
        f"Candidate: {rehearsal.preset_name}",
        row.model,
        _ERRORS.get(row.error, text) if has_failed else _shown(text),
        tuple(facts),
        row.error,
    )


def _facts(took: Any) -> Iterator[str]:
    """Say time, first token, tokens and cost of either side, as far as they are known."""
    if took.duration_s is not None:
        yield span(took.duration_s)
    if took.first_chunk_s is not None:
        yield f"first token {span(took.first_chunk_s)}"
    if took.output_tokens is not None:
        yield f"{took.output_tokens:,} tokens"
    if took.cost_usd is not None:
        yield usd(Decimal(str(took.cost_usd)))


def _asked(key: Seal | None, row: RehearsedExchange) -> Texts:
    try:
        return unpack(key, row.exchange.sealed, row.exchange.call_id)
    except Unreadable:
        return Texts({}, "")


def _shown(text: str) -> str:
    left = len(text) - SHOWN
    return text if left <= 0 else f"{text[:SHOWN]} … and {left:,} characters more"
