"""What the cards of the status page say of a layer's first tokens. The page is in `brains`,
the figures are in `gateway`: they meet here."""

from collections.abc import Mapping

from gateway.usage.spans import Latest, latest
from gateway.usage.words import seconds


def paces(models: Mapping[str, str]) -> Mapping[str, str]:
    """Say of each layer whose model streamed how quick that was in the last two hours."""
    return {layer: _said(seen) for layer, seen in latest(models).items()}


def _said(seen: Latest) -> str:
    over = f", {seen.share_over_budget:.0%} late" if seen.share_over_budget else ""
    return f"first token {seconds(seen.p95_s)} p95{over}"
