"""A turn that is over goes into the database: what was said, the memory of it, and what L2 is
to do, all or nothing."""

from functools import partial

from django.db import transaction

from cognition.conversations.models import Conversation, Turn
from cognition.memory.store import Kind, remember
from cognition.reflection.job import enqueued
from cognition.reflection.models import Reflection
from cognition.reflection.tasks import reflect
from cognition.turns.thought import Thought


@transaction.atomic
def keep(thought: Thought) -> Turn:
    """Keep a turn and return its row."""
    opening = thought.opening
    turn = thought.turn()
    turn.conversation = _locked(thought)
    turn.number = turn.conversation.turns.count() + 1
    turn.save()
    vectors = [thought.vector] if thought.vector else []
    remember(
        opening.person, thought.asked.message, Kind.SAID, turn=turn, vectors=vectors
    )
    reflection = Reflection.objects.create(turn=turn, leased_until=enqueued())
    transaction.on_commit(partial(reflect.enqueue, reflection.pk))
    return turn


def _locked(thought: Thought) -> Conversation:
    """Return the conversation; another turn of it waits until this one has its number."""
    opening = thought.opening
    Conversation.objects.get_or_create(
        pk=opening.conversation, defaults={"person": opening.person}
    )
    return Conversation.objects.select_for_update().get(pk=opening.conversation)
