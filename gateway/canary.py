"""Which side of a canary a request is on: the candidate's, the control's, or neither. Decided
once, at its edge, from the live state that it took."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from brains.canary.split import Split
from brains.layers import EMBEDDING
from brains.live import Live
from gateway.keys import KeyInfo
from gateway.names import Target

CONTROL, CANDIDATE = "control", "candidate"


def takes(canary: Split, body: Mapping[str, Any], key: KeyInfo | None) -> bool:
    """Say whether the candidate serves a request: by its `user`, else by its key."""
    user = body.get("user")
    if isinstance(user, str) and user:
        return canary.takes(f"user {user}")
    return canary.takes(f"key {key.id if key else 0}")


def sided(target: Target, live: Live, *, is_candidate: bool) -> Target:
    """Return a target as its side serves it; as it is where no canary has a part: a preset
    that was asked for by name, and vectors that could not be compared."""
    canary = live.canary
    if canary is None or target.selection is not live.selection:
        return target
    if target.layer == EMBEDDING.name and not canary.splits_vectors:
        return target
    if is_candidate:
        return replace(target, selection=canary.candidate, canary=CANDIDATE)
    return replace(target, canary=CONTROL)
