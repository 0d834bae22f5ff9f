"""From an exchange that is over to its row, sealed."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from gateway.accounts import spent
from gateway.kept.models import KeptExchange
from gateway.kept.reply import Reply
from gateway.kept.sealing import Seal
from gateway.kept.texts import Texts, kept_fields, pack
from gateway.records.prices import cost_of
from gateway.underway import Call


@dataclass(frozen=True, slots=True)
class Noted:
    """An exchange that is over: references only, nothing was worked out yet."""

    call: Call
    body: dict[str, Any]
    reply: Reply
    size: int
    duration_s: float


def row_of(noted: Noted, key: Seal) -> KeptExchange:
    """Return the row of an exchange, not saved."""
    call = noted.call
    target = call.plan.target
    tokens_in, tokens_out, cost_usd = spent(call.usage)
    if cost_usd is None:
        cost_usd = cost_of(call.served.model, tokens_in, tokens_out)
    packed, is_cut = pack(Texts(kept_fields(noted.body), noted.reply.text()))
    return KeptExchange(
        call_id=call.id,
        kept_at=datetime.fromtimestamp(call.began_at, UTC),
        layer=target.layer,
        model=call.served.model,
        preset=target.selection.preset or "",
        revision=target.selection.revision,
        is_streamed=call.is_streamed,
        is_cut=is_cut,
        input_tokens=tokens_in,
        output_tokens=tokens_out,
        cost_usd=cost_usd,
        first_chunk_s=call.first_chunk_s,
        duration_s=noted.duration_s,
        seal_mark=key.mark,
        sealed=key.close(packed, call.id),
    )
