"""Which calls go to the candidate: decided by a hash alone, so that every worker of every
node says the same, today and after a restart."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from functools import cached_property
from hashlib import blake2b

from brains.layers import DIMENSION, EMBEDDING
from brains.selection import Selection

PERCENT_MIN, PERCENT_MAX = Decimal("0.5"), Decimal(100)
_ALL = 2**64


def problem_with_percent(percent: Decimal) -> str:
    """Return why this cannot be a canary's percentage, as a sentence; "" when it can."""
    is_in_range = percent.is_finite() and PERCENT_MIN <= percent <= PERCENT_MAX
    if is_in_range and percent * 2 % 1 == 0:
        return ""
    return "A percentage is from 0.5 to 100, in whole or half steps."


def percent_from(text: str) -> Decimal | None:
    """Return a percentage as people write it ("10", "2.5", "10 %"); None for no number."""
    try:
        return Decimal(text.strip().removesuffix("%").strip().replace(",", "."))
    except InvalidOperation:
        return None


def kept_percent(text: str) -> Decimal:
    """Return a percentage as it was kept. Raises ValueError."""
    percent = percent_from(text)
    if percent is None or problem_with_percent(percent):
        raise ValueError("A percentage that was kept cannot be one.")
    return percent


def shown_percent(percent: Decimal) -> str:
    """Return a percentage as people read it: "10 %" or "2.5 %"."""
    return f"{percent.normalize():f} %"


@dataclass(frozen=True)
class Split:
    """How calls are split while a canary runs: `candidate` takes its `percent`, what is
    live takes the rest."""

    candidate: Selection
    percent: Decimal
    salt: str
    since: datetime
    by: str
    splits_vectors: bool
    """Whether embeddings take part: not when their model or dimension is another."""

    def takes(self, subject: str) -> bool:
        """Say whether the candidate serves this subject, such as a user. A greater
        percentage takes all that a smaller one does."""
        return _place(subject, self._key) < self._end

    @cached_property
    def _end(self) -> int:
        return int(self.percent * _ALL / 100)

    @cached_property
    def _key(self) -> bytes:
        return self.salt.encode()[: blake2b.MAX_KEY_SIZE]


def may_split_vectors(one: Selection, other: Selection) -> bool:
    """Say whether vectors of both can be compared."""
    model = EMBEDDING.model.field
    return all(
        one.choices[field].value == other.choices[field].value
        for field in (model, DIMENSION.field)
    )


def _place(subject: str, key: bytes) -> int:
    text = subject.encode("utf-8", "surrogatepass")
    return int.from_bytes(blake2b(text, digest_size=8, key=key).digest(), "big")
