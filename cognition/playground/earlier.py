"""What somebody said in the playground before: the list of conversations, and the turns of
one as the page shows them."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db.models import Count, Max, OuterRef, QuerySet, Subquery
from django.db.models.functions import Left

from cognition.conversations.models import Conversation, Turn
from cognition.doors.shapes import reflection_shape, turn_shape
from cognition.reflection.models import Reflection

LISTED = 30
TITLE_MAX = 80
TURNS_MAX = 200
"""Of a conversation, so many of the newest turns are shown."""

Json = dict[str, Any]


def conversations(person: str) -> QuerySet[Conversation]:
    """Return those of a person in which something was said last, the newest first, with
    `title`, the beginning of what was said first, `length`, the number of turns, and
    `last_at`, when the newest turn was."""
    first = Turn.objects.filter(conversation=OuterRef("pk")).order_by("number")
    title = Subquery(first.values(said=Left("message", TITLE_MAX))[:1])
    mine = Conversation.objects.filter(person=person)
    counted = mine.annotate(
        length=Count("turns"), last_at=Max("turns__created_at"), title=title
    )
    return counted.filter(length__gt=0).order_by("-last_at")[:LISTED]


def find(person: str, conversation: UUID) -> Conversation | None:
    """Return a conversation of this person and of nobody else."""
    return Conversation.objects.filter(pk=conversation, person=person).first()


def turns(conversation: Conversation) -> list[Turn]:
    """Return its newest turns, oldest first, each with its reflection."""
    newest = conversation.turns.select_related("reflection").order_by("-number")
    return list(reversed(newest[:TURNS_MAX]))


def shapes(turns: Sequence[Turn]) -> list[Json]:
    """Return turns as the page's script has them of turns that end before its eyes."""
    return [
        {
            **turn_shape(turn),
            "message": turn.message,
            "reflection": _reflection(turn),
        }
        for turn in turns
    ]


def reflection_of(turn: Turn) -> Reflection | None:
    """Return what L2 made of a turn, if it was to."""
    return getattr(turn, "reflection", None)


def _reflection(turn: Turn) -> Json | None:
    reflection = reflection_of(turn)
    return reflection_shape(reflection) if reflection else None
