"""The check of models as scripts meet it: what becomes live has passed it, or was forced by
a key and a person who may, with a reason."""

from typing import Any

from brains import embedding_lock
from brains.api.body import reason, required, switch
from brains.api.door import Caller, Need
from brains.preflight import gate
from brains.selection import Snapshot
from brains.staff_keys import Scope

FORCE = Need(Scope.FORCE, "brains.force_modelpreset")


def wants_force(caller: Caller, body: dict[str, Any]) -> bool:
    """Say whether a body asks to go past the check. Raises Unprocessable where it gives no
    reason, and Forbidden for who may not."""
    force = switch(body, "force")
    if force:
        required(reason(body), "reason")
        caller.require(FORCE)
    return force


def pass_gate(caller: Caller, body: dict[str, Any], snapshot: Snapshot | None) -> bool:
    """Let what is to be live through to what makes it so, and say whether that was forced.

    Raises EmbeddingLocked before any model is asked, and what `let_through` does.
    """
    wants_force(caller, body)
    embedding_lock.refuse_now(snapshot)
    return let_through(caller, body, snapshot)


def let_through(
    caller: Caller, body: dict[str, Any], snapshot: Snapshot | None
) -> bool:
    """Let what calls may go to through the check of its models, and say whether that was
    forced. Raises PreflightFailed, and what `wants_force` does."""
    force = wants_force(caller, body)
    candidate = gate.to_ask(snapshot)
    if candidate is None:
        return False
    if not force:
        gate.admit(candidate)
    return force
