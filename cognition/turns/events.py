"""What a turn yields while it is thought, in the order in which it comes."""

from dataclasses import dataclass

from cognition.conversations.models import Turn


@dataclass(frozen=True, slots=True)
class Instinct:
    """L1's reaction so far: each holds all of it, the last one `is_done`."""

    text: str
    is_done: bool


@dataclass(frozen=True, slots=True)
class Delta:
    """More of L3's reply."""

    text: str


@dataclass(frozen=True, slots=True)
class Done:
    """The reply is complete. `turn` is on record where it has a primary key; `reflects` says
    whether L2 is to think of it."""

    turn: Turn
    reflects: bool


Event = Instinct | Delta | Done
