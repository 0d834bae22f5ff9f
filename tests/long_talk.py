"""What a mind promises over a long talk, in Chromium: a swap shows in the stamps, L1 is first,
an insight of L2 is used later, a fact is remembered for whoever told it and for nobody else."""

import re
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass

from playwright.sync_api import Browser, StorageState

from tests.browser import tab
from tests.playground import Playground, Seen

TURNS, SWAP_AFTER, ASKED_IN, REFLECTED = 20, 10, 15, 3
LATER = 2  # turns after the one that it was thought of, an insight is used
FACT = "My cat is called Mia."
QUESTION = "What is my cat called?"
TOPICS = ("tea", "rain", "bread", "trains", "moss", "chess", "wind", "salt")


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


def long_talk(browser: Browser, stage: Stage) -> list[Seen]:
    """Talk, and check every promise; return the turns of the long conversation."""
    with ExitStack() as stack:

        def playground(who: StorageState) -> Playground:
            opened = stack.enter_context(tab(browser, signed_in=who))
            room = Playground(opened, stage.url)
            room.open()
            return room

        ada = playground(stage.ada)
        ada.say("Good morning.")
        ada.say(FACT)  # in turn 2 of one conversation
        told_in = ada.conversation()
        ada.open()
        seen = [_turn(ada, stage, number) for number in range(1, TURNS + 1)]
        assert ada.conversation() != told_in
        bob = playground(stage.bob)
        assert bob.say(QUESTION).recalled == []
        assert bob.say(FACT).recalled == []
        assert ada.tab.complaints == bob.tab.complaints == []
    _check(stage, seen)
    return seen


def _turn(ada: Playground, stage: Stage, number: int) -> Seen:
    if number == SWAP_AFTER + 1:
        stage.swap()
    topic = TOPICS[number % len(TOPICS)]
    message = QUESTION if number == ASKED_IN else f"Say a word on {topic} ({number})."
    seen = ada.say(message)
    if number == REFLECTED:
        ada.wait_for_reflection(stage.reflection_ms)
    return seen


def _check(stage: Stage, seen: list[Seen]) -> None:
    assert [turn.number for turn in seen] == [f"Turn {n + 1}" for n in range(TURNS)]
    for number, turn in enumerate(seen, 1):
        served = stage.before if number <= SWAP_AFTER else stage.after
        assert turn.stamps.startswith(served), (number, turn.stamps)
        first = ["instinct", "reply"] if turn.instinct else ["reply"]
        assert turn.order == first, (number, turn)
    assert FACT in seen[ASKED_IN - 1].recalled, seen[ASKED_IN - 1].recalled
    assert any(_is_late(turn, n) for n, turn in enumerate(seen, 1)), [
        turn.insights for turn in seen
    ]


def _is_late(turn: Seen, number: int) -> bool:
    """Say whether a turn used an insight of at least LATER turns before it."""
    found = re.findall(r"\(from turn (\d+)\)", " ".join(turn.insights))
    return any(number - int(source) >= LATER for source in found)
