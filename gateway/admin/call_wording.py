"""How a call is said to people: its time, its cost, what served it and how it ended. Plain
text; the columns and the pages are elsewhere."""

from decimal import Decimal

from django.conf import settings

from brains.layers import LAYERS
from brains.wording import counted
from gateway.records.models import CallRecord

CLIENT_GONE = 499
BUDGET = "budget"
SMALLEST = Decimal("0.0001")
_TITLES = {layer.name: layer.title for layer in LAYERS}
_BECAUSE = {
    "preset": "the preset says so",
    "env": "the environment says so",
    "dotenv": ".env says so",
    "default": "it is the built-in default",
}


def layer_title(call: CallRecord) -> str:
    """Return "L3", or "" for a call that came to no layer."""
    return _TITLES.get(call.layer, call.layer)


def provider_title(call: CallRecord) -> str:
    """Return "OpenRouter", or the name of a provider that is no longer set up."""
    provider = settings.AURA_PROVIDERS.get(call.provider)
    return provider.title if provider else call.provider


def costs_nothing(call: CallRecord) -> bool:
    """Say whether it went to a server that bills no call, and so cost nothing."""
    provider = settings.AURA_PROVIDERS.get(call.provider)
    if provider is None or provider.bills_calls or call.cost_source == "provider":
        return False
    return call.cost_usd == 0


def because(call: CallRecord) -> str:
    """Return why this model was to serve, such as "the preset says so"; "" for unknown."""
    return _BECAUSE.get(call.source, "")


def span(seconds: float | None) -> str:
    """Return "312 ms" or "1.23 s"; "" when it is unknown."""
    if seconds is None:
        return ""
    if seconds < 0.01:
        return f"{seconds * 1000:.2f} ms"
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    return f"{seconds:.2f} s" if seconds < 10 else f"{seconds:,.1f} s"


def usd(cost: Decimal) -> str:
    """Return "$1.23", or so many places that three figures show: "$0.000123"."""
    places = 2 if cost >= 1 or not cost else max(2, 2 - cost.adjusted())
    return f"${cost:,.{places}f}"


def usd_short(cost: Decimal) -> str:
    """Return "$1.23" or "$0.0123"; "< $0.0001" for less."""
    if cost and cost < SMALLEST:
        return f"< ${SMALLEST}"
    return f"${cost:,.2f}" if cost >= 1 or not cost else f"${cost:.4f}"


def tokens(call: CallRecord) -> str:
    """Return "120 → 350", sent and answered; "?" for what is unknown, "" for all of it."""
    if call.input_tokens is None and call.output_tokens is None:
        return ""
    sent, answered = (
        "?" if count is None else f"{count:,}"
        for count in (call.input_tokens, call.output_tokens)
    )
    # An embedding has no answer of tokens.
    return sent if call.operation == "embeddings" else f"{sent} →\u00a0{answered}"


def sentence(call: CallRecord) -> str:
    """Return what became of a call."""
    asked, took = call.asked or "A request", span(call.duration_s)
    served = f"{call.model} at {provider_title(call)}"
    failed = f"with {call.status} {call.error}"
    if not call.error:
        first = span(call.first_chunk_s)
        beside = f", its first chunk after {first}" if first else ""
        return f"{asked} was answered by {served} in {took}{beside}."
    if call.status == CLIENT_GONE:
        return f"The client that asked for {asked} hung up after {took}."
    if call.status < 400:
        return f"The answer of {served} broke off with {call.error} after {took}."
    if not call.attempts:
        return f"{asked} was refused {failed} after {took}; no model was asked."
    requests = counted(call.attempts, "request")
    return f"{asked} failed {failed} after {requests} to providers and {took}."


def why_fallback(call: CallRecord) -> str:
    """Return why another model served than the layer's own; "" when none did."""
    if not call.fallback:
        return ""
    if call.fallback == BUDGET:
        return "the layer's own model was past its budget"
    return f"the layer's own model failed with {call.fallback}"
