"""From here Django finds the tables of this room; they stand in modules of their own."""

from cognition.conversations.models import Conversation, Turn
from cognition.memory.models import Memory, MemoryVector
from cognition.memory.reembedding.models import KeptSpace, ReEmbedding
from cognition.personal_data.models import Person
from cognition.playground.models import Preference
from cognition.reflection.models import Reflection
from cognition.rehearsal.models import Rehearsal, RehearsedExchange

__all__ = [
    "Conversation",
    "KeptSpace",
    "Memory",
    "MemoryVector",
    "Person",
    "Preference",
    "ReEmbedding",
    "Reflection",
    "Rehearsal",
    "RehearsedExchange",
    "Turn",
]
