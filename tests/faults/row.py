"""The shape of a row of docs/faults.md: one fault, and what Aura promises when it happens."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """One line of the table. `later` says why a row does not apply yet: it has no test.
    `coming` says what is still to be added to one that applies."""

    id: str
    fault: str
    promise: str
    later: str = ""
    coming: str = ""


@dataclass(frozen=True)
class Section:
    """The rows with one culprit, and what to know before reading them."""

    title: str
    note: str
    rows: tuple[Row, ...]
