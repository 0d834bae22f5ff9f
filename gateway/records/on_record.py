"""Call records and the limits of keys in a process that is no server: a worker, whose tasks
call models too."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gateway.limits.sharing import SHARING
from gateway.records import rows as call_rows
from gateway.records.prices import BOOK
from gateway.records.recorder import RECORDER


@contextmanager
def calls_on_record(data_folder: Path) -> Iterator[None]:
    """Put the calls of this process on record, and charge keys for them, as in the server."""
    rows = call_rows.start(data_folder)
    RECORDER.start([rows.write], [rows.look, BOOK.look])
    SHARING.start()
    try:
        yield
    finally:
        RECORDER.stop()
        SHARING.stop()
        rows.close()
