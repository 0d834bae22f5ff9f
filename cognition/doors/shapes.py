"""A turn and a reflection as clients get them."""

from typing import Any

from cognition.conversations.models import Turn
from cognition.reflection.models import Reflection

Json = dict[str, Any]


def turn_shape(turn: Turn) -> Json:
    """Return a turn; "turn" is None for one that was not kept."""
    return {
        "conversation_id": turn.conversation_id,
        "turn": turn.pk,
        "number": turn.number,
        "reply": turn.reply,
        "instinct": turn.instinct,
        "reaction": turn.reaction,
        "preset": turn.preset or None,
        "revision": turn.revision,
        "layers": turn.stamps,
        "memories": turn.recalled,
        "insights": turn.insights,
        "notes": turn.notes,
        "prompts": turn.prompts,
    }


def reflection_shape(reflection: Reflection) -> Json:
    """Return what L2 made of a turn, or why it made nothing of it."""
    shape: Json = {"turn": reflection.turn_id, "state": reflection.state}
    if reflection.state == Reflection.State.FAILED:
        return {**shape, "reason": reflection.reason}
    return {
        **shape,
        "asked": reflection.asked,
        "missed": reflection.missed,
        "remember": reflection.remember,
        "advice": reflection.advice,
        "layer": reflection.stamp,
    }
