"""Conversations in the database: the one that a message belongs to, what was said in it, and
what L2 left for the next turn."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from cognition import people
from cognition.conversations.models import Conversation, Turn
from cognition.errors import ConversationNotFound
from cognition.reflection.models import Reflection

TURNS_MAX = 100
"""Of a conversation, the newest are read; more fit into no prompt."""
ADVICE_MAX = 3


@dataclass(frozen=True, slots=True)
class Said:
    """One earlier turn, as the next is told of it."""

    turn: int
    message: str
    reply: str


@dataclass(frozen=True, slots=True)
class Advice:
    """What L2 left for later turns, and of which turn it thought."""

    turn: int
    text: str


@dataclass(frozen=True, slots=True)
class Opening:
    """A conversation as a new turn finds it: earlier turns and advice, oldest first."""

    conversation: UUID
    person: str
    is_new: bool
    history: Sequence[Said] = ()
    advice: Sequence[Advice] = ()


def open_conversation(
    person: str | None, conversation: UUID | None, new: UUID
) -> Opening:
    """Return the conversation with this id, where there is none the one that begins as
    `new`; `person` None is nobody by name.

    Raises ConversationNotFound when it is not that person's.
    """
    if conversation is None:
        person = person or people.nobody(new)
        return Opening(new, person, is_new=True, advice=_advice(person))
    person = person or people.nobody(conversation)
    if not Conversation.objects.filter(pk=conversation, person=person).exists():
        raise ConversationNotFound
    history, advice = _history(conversation), _advice(person)
    return Opening(conversation, person, is_new=False, history=history, advice=advice)


def _history(conversation: UUID) -> list[Said]:
    turns = Turn.objects.filter(conversation=conversation).order_by("-number")
    newest = turns.values_list("pk", "message", "reply")[:TURNS_MAX]
    return [Said(*row) for row in reversed(newest)]


def _advice(person: str) -> list[Advice]:
    """Return what L2 advised after the newest turns of a person, each thought once."""
    done = Reflection.objects.filter(
        turn__conversation__person=person, state=Reflection.State.DONE
    ).exclude(advice="")
    newest = done.order_by("-turn_id").values_list("turn_id", "advice")[:ADVICE_MAX]
    by_text = {text: Advice(turn, text) for turn, text in newest}
    return list(reversed(by_text.values()))
