"""People of whom something is kept, for tests, without a model server."""

from typing import Any

from django.apps import apps

from cognition.conversations.models import Conversation, Turn
from cognition.memory.models import Memory, MemoryVector
from cognition.memory.space import Space, packed
from cognition.memory.store import Kind, Vector, remember
from cognition.reflection.models import Reflection

SPACE = Space("m/vectors", 8)


def vector(*numbers: float, space: Space = SPACE) -> Vector:
    """Return a vector that begins with these numbers, as it is kept."""
    rest = [0.0] * (space.dimension - len(numbers))
    return Vector(packed([*numbers, *rest]), space, 7)


def spoke(person: str, *messages: str) -> Conversation:
    """Keep a conversation with these messages, each with its reflection and two memories."""
    conversation = Conversation.objects.create(person=person)
    for number, message in enumerate(messages, 1):
        turn = Turn.objects.create(
            conversation=conversation,
            number=number,
            message=message,
            reply=f"reply to {message}",
            revision=7,
            selection={},
            recalled=[{"text": f"recalled for {message}"}],
        )
        Reflection.objects.create(turn=turn, advice=f"advice on {message}")
        remember(person, message, Kind.SAID, turn=turn, vectors=[vector(1, number)])
        remember(person, f"noted: {message}", Kind.NOTED, turn=turn)
    return conversation


def kept() -> dict[str, int]:
    """Return how many rows there are of anybody."""
    tables = (Conversation, Turn, Reflection, Memory, MemoryVector)
    return {table.__name__: table._default_manager.count() for table in tables}


def everything() -> str:
    """Return all rows of all tables as text."""
    rows: list[Any] = []
    for table in apps.get_models():
        rows += table._default_manager.values_list()
    return repr(rows)
