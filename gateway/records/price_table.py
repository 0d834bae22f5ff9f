"""A table of prices as a file: JSON with the day and the source in its head. The one that
comes with Aura and the one that a user fetches have the same form."""

import os
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import orjson

Prices = Mapping[str, tuple[float, float]]
"""Model id -> USD per token of what is sent, and of what is answered."""


class TableUnusable(ValueError):
    """The file cannot be read, or is no table of prices; the text says which and why."""


@dataclass(frozen=True, slots=True)
class PriceTable:
    """Prices as of a day, such as 2026-11-23."""

    date: str
    prices: Prices


def read_table(path: Path) -> PriceTable:
    """Return the table of a file. Raises TableUnusable."""
    try:
        found = orjson.loads(path.read_bytes())
        # As floating point numbers: a cost of less than 1,000 USD is exact to 12 places.
        prices = {
            str(model): (float(sent), float(answered))
            for model, (sent, answered) in found["prices"].items()
        }
        return PriceTable(str(found["date"]), prices)
    except OSError as error:
        raise TableUnusable(f"{path} cannot be read: {error.strerror}.") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise TableUnusable(f"{path} is no table of prices.") from error


def write_table(
    path: Path, *, date: str, source: str, prices: Mapping[str, tuple[str, str]]
) -> None:
    """Replace the file by a table of these prices (decimals as text), or leave it as it is.

    Raises OSError.
    """
    table = {"date": date, "source": source, "prices": dict(sorted(prices.items()))}
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.name)  # mode 0600
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(orjson.dumps(table, option=orjson.OPT_INDENT_2) + b"\n")
            file.flush()
            os.fsync(file.fileno())
        os.replace(name, path)
    except BaseException:
        with suppress(FileNotFoundError):
            os.unlink(name)
        raise
