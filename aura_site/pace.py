"""What the cards of the status page say of a layer's first tokens. The page is in `brains`,
the figures are in `gateway`: they meet here."""

from collections.abc import Mapping

from aura_site.lately import CALLS_MIN
from gateway.usage.spans import Latest, latest
from gateway.usage.words import seconds


def paces(models: Mapping[str, str]) -> Mapping[str, str]:
    """Say of each layer whose model streamed how quick that was in the last two hours."""
    return {layer: _said(seen) for layer, seen in latest(models).items()}


def _said(seen: Latest) -> str:
    return f"first token {seconds(seen.p95_s)} p95{_late(seen)}"


def _late(seen: Latest) -> str:
    """Say how many were late: as a share where there are enough to conclude something."""
    if not seen.late:
        return ""
    if seen.streams < CALLS_MIN:
        return f", {seen.late} of {seen.streams} late"
    return f", {seen.late / seen.streams:.0%} late"
