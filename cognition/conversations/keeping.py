"""A turn that is over goes into the database: what was said, the memory of it, L3's exchange
where those are kept, and what L2 is to do, all or nothing."""

from collections.abc import Collection

from django.db import transaction
from django.db.models import Model

from cognition.conversations.exchanges import keep_exchange
from cognition.conversations.models import Conversation, Turn
from cognition.memory.models import Memory
from cognition.memory.store import Kind, remember
from cognition.reflection.job import enqueued
from cognition.reflection.models import Reflection
from cognition.reflection.tasks import reflect
from cognition.turns.thought import Thought


class Forgotten(Exception):
    """What the turn was thought with was deleted meanwhile: nothing of it may stay."""


@transaction.atomic
def keep(thought: Thought) -> Turn:
    """Keep a turn and return its row. Raises Forgotten."""
    opening = thought.opening
    turn = thought.turn()
    turn.conversation = _locked(thought)
    turn.number = turn.conversation.turns.count() + 1
    turn.save()
    if thought.exchange:
        keep_exchange(thought.exchange)
    vectors = [thought.vector] if thought.vector else []
    remember(
        opening.person, thought.asked.message, Kind.SAID, turn=turn, vectors=vectors
    )
    if thought.brain.may_ask("l2"):
        _let_reflect(turn)
    return turn


def _let_reflect(turn: Turn) -> None:
    reflection = Reflection.objects.create(turn=turn, leased_until=enqueued())

    def enqueue() -> None:
        reflect.enqueue(reflection.pk)

    # Where it cannot be put into its queue it is taken up later: the turn is kept.
    transaction.on_commit(enqueue, robust=True)


def _locked(thought: Thought) -> Conversation:
    """Return the conversation; another turn of it waits until this one has its number, and
    who deletes what this one was thought with waits for its end."""
    opening = thought.opening
    if opening.is_new:
        Conversation.objects.create(pk=opening.conversation, person=opening.person)
    locked = Conversation.objects.select_for_update().filter(pk=opening.conversation)
    conversation = locked.first()
    advised = {advice.turn for advice in opening.advice}
    recalled = {memory.id for memory in thought.memories}
    if not (conversation and _hold(Turn, advised) and _hold(Memory, recalled)):
        raise Forgotten
    return conversation


def _hold(table: type[Model], ids: Collection[int]) -> bool:
    """Lock these rows; say whether all of them are there."""
    rows = table._default_manager.select_for_update().filter(pk__in=ids).order_by("pk")
    return not ids or len(rows.values_list("pk")) == len(ids)
