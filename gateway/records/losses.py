"""What is not in the table of calls: those that this process lost, and those that are on disk
until the database takes them."""

from brains.wording import counted
from gateway.records import rows as call_rows
from gateway.records.recorder import RECORDER


def losses() -> list[str]:
    """Return a sentence for each kind of call that is missing, as far as this process knows."""
    rows = call_rows.running()
    dropped = RECORDER.dropped + (rows.dropped if rows else 0)
    spooled = rows.spooled if rows else 0
    found = []
    if spooled:
        found.append(
            f"{counted(spooled, 'call')} of this worker on disk, to be put back."
        )
    if dropped:
        found.append(f"{counted(dropped, 'call')} of this worker lost since its start.")
    return found
