"""What a mind promises over a long talk, in Chromium: a swap shows in the stamps, L1 is first,
an insight of L2 is used later, a fact is remembered for whoever told it and for nobody else."""

import re
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass

from playwright.sync_api import Browser, StorageState

from tests.browser import tab
from tests.playground import Playground, Seen

REFLECTED = 3  # the turn whose reflection is waited for
LATER = 2  # turns after the one that it was thought of, an insight is used
FACT = "My cat is called Mia."
QUESTION = "What is my cat called?"
TOPICS = (
    "tea",
    "rain",
    "bread",
    "jazz",
    "moss",
    "chess",
    "wind",
    "salt",
    "snow",
    "silk",
)


@dataclass(frozen=True)
class Stage:
    """Where it is played: two people who are signed in, and how another preset is made
    live. `before` and `after` are what the stamps say of both sides of that swap."""

    url: str
    ada: StorageState
    bob: StorageState
    swap: Callable[[], None]
    before: str
    after: str
    reflection_ms: int
    turns: int = 20

    @property
    def swap_after(self) -> int:
        """The last turn before the swap: it comes in the middle."""
        return self.turns // 2

    @property
    def asked_in(self) -> int:
        """The turn that asks for what was told in turn 2 of another conversation."""
        return self.turns * 3 // 4


def long_talk(browser: Browser, stage: Stage) -> list[Seen]:
    """Talk, and check every promise; return the turns of the long conversation."""
    with ExitStack() as stack:

        def playground(who: StorageState) -> Playground:
            opened = stack.enter_context(tab(browser, signed_in=who))
            room = Playground(opened, stage.url)
            room.open()
            return room

        ada = playground(stage.ada)
        ada.say("Are you there? Say yes or no.")
        ada.say(FACT)  # in turn 2 of one conversation
        told_in = ada.conversation()
        ada.open()
        seen = [_turn(ada, stage, number) for number in range(1, stage.turns + 1)]
        assert ada.conversation() != told_in
        bob = playground(stage.bob)
        assert bob.say(QUESTION).recalled == []
        assert ada.tab.complaints == bob.tab.complaints == []
    _check(stage, seen)
    return seen


def _turn(ada: Playground, stage: Stage, number: int) -> Seen:
    if number == stage.swap_after + 1:
        stage.swap()
    topic = TOPICS[number % len(TOPICS)]
    # Answers to it are short, so that a small model on a slow machine gets through.
    asks = number == stage.asked_in
    message = QUESTION if asks else f"Is {topic} good? Say yes or no."
    seen = ada.say(message)
    if number == REFLECTED:
        ada.wait_for_reflection(stage.reflection_ms)
    return seen


def _check(stage: Stage, seen: list[Seen]) -> None:
    assert [turn.number for turn in seen] == [
        f"Turn {number}" for number in range(1, stage.turns + 1)
    ]
    for number, turn in enumerate(seen, 1):
        served = stage.before if number <= stage.swap_after else stage.after
        assert turn.stamps.startswith(served), (number, turn.stamps)
        first = ["instinct", "reply"] if turn.instinct else ["reply"]
        assert turn.order == first, (number, turn)
    recalled = seen[stage.asked_in - 1].recalled
    assert FACT in recalled, recalled
    assert any(_is_late(turn, n) for n, turn in enumerate(seen, 1)), [
        turn.insights for turn in seen
    ]


def _is_late(turn: Seen, number: int) -> bool:
    """Say whether a turn used an insight of at least LATER turns before it."""
    found = re.findall(r"\(from turn (\d+)\)", " ".join(turn.insights))
    return any(number - int(source) >= LATER for source in found)
