"""A turn while it is being thought: what was asked, what it thinks with, what gathers."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

from cognition.brain import Brain
from cognition.conversations.models import Turn
from cognition.conversations.store import Opening
from cognition.kept_selection import kept
from cognition.memory.store import Recalled, Vector
from gateway.kept.rows import Noted

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Asked:
    """One message. `person` None is nobody by name; `conversation` None begins the one that
    `begins` names. What is not `keeps` leaves nothing behind: no turn, no memory, no
    reflection."""

    message: str
    person: str | None = None
    conversation: UUID | None = None
    keeps: bool = True
    begins: UUID = field(default_factory=uuid4)


@dataclass(slots=True)
class Thought:
    """What has come of a message so far. What is fixed stands first."""

    asked: Asked
    brain: Brain
    opening: Opening

    reaction: Turn.Reaction = Turn.Reaction.NONE
    instinct: str = ""
    reply: str = ""
    vector: Vector | None = None
    """The message's own, once it is known."""
    memories: Sequence[Recalled] = ()
    exchange: Noted | None = None
    """L3's call, once it went well, where exchanges are kept."""
    stamps: dict[str, Json] = field(default_factory=dict)
    """What each layer's call took, by the layer's wire name."""
    prompts: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def turn(self) -> Turn:
        """Return it as a row that is not saved and has no number."""
        selection = self.brain.selection
        key, opening = self.brain.key, self.opening
        turn = Turn(
            message=self.asked.message,
            instinct=self.instinct,
            reply=self.reply,
            reaction=self.reaction,
            key_id=key.id if key else 0,
            key_name=key.name if key else "",
            preset=selection.preset or "",
            revision=selection.revision,
            selection=kept(selection),
            stamps=self.stamps,
            recalled=[_shown(memory) for memory in self.memories],
            insights=[
                {"turn": advice.turn, "text": advice.text}
                for advice in self.opening.advice
            ],
            notes=self.notes,
            prompts=self.prompts,
        )
        if self.asked.keeps or not opening.is_new:
            turn.conversation_id = opening.conversation
        return turn


def _shown(memory: Recalled) -> Json:
    return {
        "memory": memory.id,
        "text": memory.text,
        "similarity": round(memory.similarity, 4),
        "created_at": memory.created_at.isoformat(),
    }
