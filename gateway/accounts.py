"""The end of a call: what it took goes to the limits of its key and onto record."""

import asyncio
import time
from typing import Any

from gateway.budgets import OVER_BUDGET
from gateway.draining import DRAIN, ShuttingDown
from gateway.errors import ClientGone, GatewayError, from_provider
from gateway.keys import KeyInfo
from gateway.limits.key_limits import LIMITS
from gateway.records.finished import FinishedCall
from gateway.records.prices import cost_of
from gateway.records.recorder import RECORDER
from gateway.underway import Call, Operation
from providers.errors import ProviderError

ASKED_MAX = 200
CLIENT_GONE = 499
"""nginx's status for a client that hung up first; nobody receives it."""
GONE = (asyncio.CancelledError, GeneratorExit, ClientGone)


class accounted:
    """Run a block, and close the account of a call with the way the block ended. That of one
    that went well is closed a moment later: its answer goes out first."""

    __slots__ = ("_call",)

    def __init__(self, call: Call) -> None:
        self._call = call

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, _: object) -> None:
        ended = time.monotonic()
        if error is None:
            asyncio.get_running_loop().call_soon(_close, self._call, None, ended)
        else:
            _close(self._call, error, ended)


def _close(call: Call, error: BaseException | None, ended: float) -> None:
    """Charge and record a call that is over; `error` is what ended it early."""
    status, code = outcome(error)
    if status == CLIENT_GONE and call.cut:
        code = call.cut
    has_begun = call.first_chunk_s is not None
    tokens_in, tokens_out, cost_usd = spent(call.usage)
    candidate, target = call.served, call.plan.target
    selection = target.selection
    key = call.key
    finished = FinishedCall(
        id=call.id,
        began_at=call.began_at,
        key_id=key.id if key else 0,
        key_name=key.name if key else "",
        operation=call.operation,
        layer=target.layer,
        asked=target.asked,
        model=candidate.model,
        provider=candidate.route.provider.name,
        preset=selection.preset or "",
        revision=selection.revision,
        source=candidate.source.value,
        status=200 if has_begun and status != CLIENT_GONE else status,
        error=code,
        input_tokens=tokens_in,
        output_tokens=tokens_out,
        cost_usd=cost_usd,
        first_chunk_s=_first_chunk_s(call, code, ended),
        duration_s=ended - call.began,
        upstream_s=_upstream_s(call, ended),
        is_streamed=call.is_streamed,
        fallback=call.fallback,
        attempts=call.attempts,
        canary=target.canary,
        abilities=call.abilities,
    )
    RECORDER.note(finished)
    if key and key.limits:
        _charge(key, finished)


def outcome(error: BaseException | None) -> tuple[int, str]:
    """Return the status and the code by which an end is on record."""
    if error is None:
        return 200, ""
    if isinstance(error, GONE):
        if not DRAIN.is_over:
            return CLIENT_GONE, "client_gone"
        error = ShuttingDown()
    told = from_provider(error) if isinstance(error, ProviderError) else error
    if isinstance(told, GatewayError):
        return told.status, told.code or told.type
    return 500, "internal_error"


def refuse(
    key: KeyInfo,
    operation: Operation,
    error: BaseException,
    *,
    call_id: str,
    asked: str,
    began: float,
) -> None:
    """Record a request with a valid key that ended before it became a call."""
    status, code = outcome(error)
    duration_s = time.monotonic() - began
    finished = FinishedCall(
        id=call_id,
        began_at=time.time() - duration_s,
        key_id=key.id,
        key_name=key.name,
        operation=operation,
        asked=asked[:ASKED_MAX],
        status=status,
        error=code,
        duration_s=duration_s,
    )
    RECORDER.note(finished)


def _charge(key: KeyInfo, call: FinishedCall) -> None:
    tokens_in, tokens_out, cost_usd = (
        call.input_tokens,
        call.output_tokens,
        call.cost_usd,
    )
    if cost_usd is None:
        cost_usd = cost_of(call.model, tokens_in, tokens_out)
    known = [tokens for tokens in (tokens_in, tokens_out) if tokens is not None]
    LIMITS.charge(key, sum(known) if known else None, cost_usd)


def _first_chunk_s(call: Call, code: str, ended: float) -> float | None:
    """Return the time to the first chunk; where that was not waited for, the time that it
    was: so the broken promise counts."""
    if call.first_chunk_s is None and code == OVER_BUDGET:
        return ended - call.began
    return call.first_chunk_s


def _upstream_s(call: Call, ended: float) -> float:
    """Return the time that was not ours: of a stream, all after its first chunk."""
    if call.first_chunk_s is None:
        return call.waited_s
    return ended - call.began - (call.first_chunk_s - call.waited_s)


def spent(usage: Any) -> tuple[int | None, int | None, float | None]:
    """Return tokens in, tokens out and cost, each None where the provider said nothing
    that makes sense."""
    if not isinstance(usage, dict):
        return None, None, None
    return (
        _count(usage.get("prompt_tokens")),
        _count(usage.get("completion_tokens")),
        _amount(usage.get("cost")),
    )


def _count(said: Any) -> int | None:
    return said if type(said) is int and 0 <= said < 2**31 else None


def _amount(said: Any) -> float | None:
    is_number = isinstance(said, int | float) and not isinstance(said, bool)
    return float(said) if is_number and said >= 0 else None
