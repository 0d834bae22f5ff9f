"""What a turn thinks with: one selection for all its layers, taken once, and the way to the
providers. Every call to a layer begins here, and what it took is said here."""

import time
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from brains.selection import Selection
from gateway import underway
from gateway.accounts import spent
from gateway.keys import KeyInfo
from gateway.names import Target
from gateway.plans import Plans
from gateway.records.prices import cost_of
from gateway.underway import Call
from gateway.upstream import Upstream

Json = dict[str, Any]

_DIGITS = 10


@dataclass(frozen=True, slots=True)
class Brain:
    """One selection, and how its models are called. `key` is charged for what they take,
    and names who asked in the records."""

    selection: Selection
    plans: Plans
    upstream: Upstream
    key: KeyInfo | None = None
    canary: str = ""
    """The side of a canary that it is on, or ""."""
    request_id: str = ""
    """What the client is told as X-Request-Id: the record of L3's call has it too."""

    def may_ask(self, layer: str) -> bool:
        """Say whether the key is for this layer, by its wire name."""
        limits = self.key.limits if self.key else None
        return limits is None or limits.allow(layer)

    def call(self, layer: str, *, is_streamed: bool = False) -> Call:
        """Begin a call to a layer, by its wire name such as "l3"."""
        target = Target(f"aura/{layer}", layer, self.selection, self.canary)
        return underway.begin(
            self.plans.make(target),
            "embeddings" if layer == "embedding" else "chat",
            key=self.key,
            call_id=self.request_id if layer == "l3" else "",
            is_streamed=is_streamed,
        )


def plans() -> Plans:
    """Return how models are called by the settings of this process."""
    return Plans(settings.AURA_PROVIDERS, {}, settings.AURA_DEADLINES)


def stamp(call: Call) -> Json:
    """Return what served a call that ended just now and what it took: times in
    milliseconds, tokens and USD, each None where it is not known."""
    tokens_in, tokens_out, cost_usd = spent(call.usage)
    model = call.served.model
    if cost_usd is None:
        cost_usd = cost_of(model, tokens_in, tokens_out)
    selection, first_s = call.plan.target.selection, call.first_chunk_s
    return {
        "call": call.id,
        "layer": call.plan.target.layer,
        "model": model,
        "provider": call.served.route.provider.name,
        "source": str(call.served.source),
        "preset": selection.preset,
        "revision": selection.revision,
        "canary": call.plan.target.canary or None,
        "fallback": call.fallback,
        "first_chunk_ms": None if first_s is None else round(first_s * 1000),
        "duration_ms": round((time.monotonic() - call.began) * 1000),
        "input_tokens": tokens_in,
        "output_tokens": tokens_out,
        "cost_usd": None if cost_usd is None else round(cost_usd, _DIGITS),
    }
