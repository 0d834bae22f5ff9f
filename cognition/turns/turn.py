"""One turn of conversation, from its message to its last word: recall, react, reply. What L2
makes of it afterwards is in `cognition.reflection`."""

import asyncio
import logging
from collections.abc import AsyncGenerator

from asgiref.sync import sync_to_async
from django.db import DatabaseError

from brains.catalogue.catalogue import load
from brains.selection import Selection
from cognition.brain import Brain
from cognition.conversations.keeping import Forgotten, keep
from cognition.conversations.store import Opening, open_conversation
from cognition.turns.errand import Errand
from cognition.turns.events import Done, Event
from cognition.turns.reaction import Reaction
from cognition.turns.reply import reply
from cognition.turns.thought import Asked, Thought

logger = logging.getLogger(__name__)

STOPPED = "The reply was stopped before its end."
NOT_KEPT = "This turn was not kept: the database did not answer."
FORGOTTEN = "This turn was not kept: what it was thought with was deleted meanwhile."


async def think(asked: Asked, brain: Brain) -> AsyncGenerator[Event, None]:
    """Yield what comes of a message as it comes, Done last. Closed before that, it keeps
    what was said so far.

    Raises ConversationNotFound, DatabaseError, and what L3's call raises.
    """
    opening, context = await sync_to_async(_open)(asked, brain.selection)
    thought = Thought(asked, brain, opening)
    events: asyncio.Queue[Event | Errand | None] = asyncio.Queue()
    reaction = Reaction(thought, events.put_nowait)
    reacting = asyncio.create_task(reaction.run())
    replying = asyncio.create_task(
        reply(thought, context, reaction.has_spoken, events.put_nowait)
    )
    replying.add_done_callback(lambda _: events.put_nowait(None))
    is_whole = False
    try:
        while (event := await events.get()) is not None:
            if isinstance(event, Errand):
                await event.run()
            else:
                yield event
        replying.result()
        is_whole = True
    finally:
        await _end(reacting, replying)
        if not is_whole and thought.reply:
            thought.notes.append(STOPPED)
            await asyncio.shield(_kept(thought))
    yield await _kept(thought)


def _open(asked: Asked, selection: Selection) -> tuple[Opening, int | None]:
    """Return the conversation, and the shortest context of those models that may reply."""
    opening = open_conversation(asked.person, asked.conversation, asked.begins)
    catalogue = load()
    models = (selection.choice("l3").value, *selection.fallbacks("l3"))
    listed = [catalogue.find(model) for model in models]
    lengths = [m.context_length for m in listed if m and m.context_length]
    return opening, min(lengths, default=None)


async def _end(*tasks: "asyncio.Task[None]") -> None:
    """End what still runs, such as a reaction that is longer than the reply."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def _kept(thought: Thought) -> Done:
    """Keep a turn; where that cannot be done it says so, for the reply has been given."""
    try:
        if thought.asked.keeps:
            turn = await sync_to_async(keep)(thought)
            return Done(turn, reflects=thought.brain.may_ask("l2"))
    except DatabaseError as error:
        logger.warning("A turn was not kept (%s).", type(error).__name__)
        thought.notes.append(NOT_KEPT)
    except Forgotten:
        thought.notes.append(FORGOTTEN)
    return Done(thought.turn(), reflects=False)
