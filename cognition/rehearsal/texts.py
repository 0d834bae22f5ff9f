"""The candidate's replies: sealed like the exchanges that they answer, with the same key."""

from gateway.kept.sealing import Seal, Unreadable
from gateway.kept.texts import CUT

LENGTH_MAX = 64 * 1024


def sealed(seal: Seal, text: str, row: int) -> bytes:
    """Return a reply sealed for the row of this id; one past LENGTH_MAX is cut."""
    kept = text if len(text) <= LENGTH_MAX else text[:LENGTH_MAX] + CUT
    return seal.close(kept.encode(errors="replace"), _about(row))


def opened(seal: Seal | None, found: bytes | memoryview | None, row: int) -> str:
    """Return the reply. Raises Unreadable."""
    if seal is None or found is None:
        raise Unreadable("The key is gone.")
    return seal.open(bytes(found), _about(row)).decode()


def _about(row: int) -> str:
    return f"rehearsed {row}"
