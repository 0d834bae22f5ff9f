"""L1's part: a short reaction at once. Past its budget it is skipped, never waited for."""

import asyncio
from collections.abc import Callable
from contextlib import aclosing

from cognition.brain import stamp
from cognition.conversations.models import Turn
from cognition.prompts import prompt
from cognition.turns.events import Event, Instinct
from cognition.turns.said import words
from cognition.turns.thought import Thought
from gateway import calls
from gateway.budgets import BUDGET_S, OVER_BUDGET
from gateway.errors import GatewayError
from gateway.underway import Call
from providers.errors import ProviderError

MAX_TOKENS = 32
SPOKEN_WITHIN_S = 5.0
"""A reaction that has begun in time may take so long in all."""
CUT_SHORT = "cut_short"
"""How a call is on record whose end nobody waited for."""

State = Turn.Reaction


class Reaction:
    """L1's reaction to one message. `has_spoken` is set with its first words, or once it is
    clear that there will be none: the reply's words wait for that, no longer than L1's
    budget."""

    def __init__(self, thought: Thought, tell: Callable[[Event], None]) -> None:
        self._thought, self._tell = thought, tell
        self.has_spoken = asyncio.Event()

    async def run(self) -> None:
        """React. Raises nothing for a layer that fails: that costs its own part alone."""
        thought = self._thought
        if not thought.brain.may_ask("l1"):
            thought.notes.append("No reaction: this key is not for l1.")
            self.has_spoken.set()
            return
        call = thought.brain.call("l1", is_streamed=True)
        try:
            await self._react(call)
        except TimeoutError:
            if thought.reaction == State.NONE:
                thought.reaction = State.LATE
        except (ProviderError, GatewayError):
            thought.reaction = State.FAILED
            thought.notes.append(f"L1 ({call.served.model}) did not answer.")
        finally:
            thought.stamps["l1"] = stamp(call)
            self.has_spoken.set()
        if thought.instinct:
            self._tell(Instinct(thought.instinct, is_done=True))

    async def _react(self, call: Call) -> None:
        thought = self._thought
        told = prompt("react")
        thought.prompts["react"] = told.version
        body = {
            "messages": [
                {"role": "system", "content": told.text},
                {"role": "user", "content": thought.asked.message},
            ],
            "max_tokens": MAX_TOKENS,
        }
        stream = calls.stream_chat(call, body, thought.brain.upstream)
        call.cut = OVER_BUDGET
        async with aclosing(stream), asyncio.timeout(BUDGET_S["l1"]) as patience:
            async for chunk in stream:
                self._say(words(chunk))
                if thought.instinct and thought.reaction == State.NONE:
                    thought.reaction, call.cut = State.GIVEN, CUT_SHORT
                    patience.reschedule(_in(SPOKEN_WITHIN_S))
                    self.has_spoken.set()

    def _say(self, text: str) -> None:
        thought = self._thought
        thought.instinct = (thought.instinct + text).lstrip()
        if text and thought.instinct:
            self._tell(Instinct(thought.instinct, is_done=False))


def _in(seconds: float) -> float:
    return asyncio.get_running_loop().time() + seconds
