"""What is kept of a person: which tables, and how many rows of each. Whoever adds a table
that leads to a person adds it here; a test says so."""

from collections.abc import Mapping

from django.db.models import Model, QuerySet

from cognition.conversations.exchanges import NAME, of_turns
from cognition.conversations.models import Conversation, Turn
from cognition.memory.models import Memory, MemoryVector
from cognition.people import staff_id
from cognition.playground.models import Preference
from cognition.reflection.models import Reflection
from gateway.kept.models import KeptExchange

PATHS: Mapping[type[Model], str] = {
    Conversation: "person",
    Turn: "conversation__person",
    Reflection: "turn__conversation__person",
    Memory: "person",
    MemoryVector: "person",
}
"""Table -> how its rows lead to the person."""
EXCHANGES, VOTES = NAME, "votes"


def rows(table: type[Model], person: str) -> QuerySet[Model]:
    """Return a person's rows of a table."""
    return table._default_manager.filter(**{PATHS[table]: person})


def name(table: type[Model]) -> str:
    """Return what a table's rows are called, such as "conversations"."""
    return "vectors" if table is MemoryVector else str(table._meta.verbose_name_plural)


def votes(person: str) -> QuerySet[Preference]:
    """Return what a member of the staff preferred side by side; clients never vote."""
    return Preference.objects.filter(by_id=staff_id(person) or 0)


def exchanges(person: str) -> QuerySet[KeptExchange]:
    """Return what is kept of the calls of a person's turns, to rehearse with."""
    return of_turns(Turn.objects.filter(conversation__person=person))


def count(person: str) -> dict[str, int]:
    """Return how many rows of each table are kept of a person."""
    counts = {name(table): rows(table, person).count() for table in PATHS}
    others = {EXCHANGES: exchanges(person).count(), VOTES: votes(person).count()}
    return counts | others


def told(counts: Mapping[str, int]) -> str:
    """Return counts as people read them: "1 conversation, 7 turns, ..."."""
    return ", ".join(counted(number, name) for name, number in counts.items())


def counted(number: int, name: str) -> str:
    """Return "1 memory" or "1,200 memories"."""
    return f"{number:,} {_ONE[name] if number == 1 else name}"


_ONE = {name(table): str(table._meta.verbose_name) for table in PATHS}
_ONE |= {"vectors": "vector", EXCHANGES: "kept exchange", VOTES: "vote"}
