"""What a call costs by the price table, where the provider does not say: the table that came
with Aura and, over it, the one that is kept in the data folder whenever OpenRouter's models
are read into the catalogue. What a server of one's own answers costs nothing per call."""

import logging
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings

from gateway.records.price_table import Prices, TableUnusable, read_table, write_table
from providers import shipped_models
from providers.listed_model import ListedModel
from providers.registry import DEFAULT, Provider

logger = logging.getLogger(__name__)

PACKAGED = shipped_models.PATH


class PriceBook:
    """The prices that this process goes by, replaced whole by one assignment."""

    def __init__(self) -> None:
        self._prices: Prices | None = None
        self._seen: tuple[int, int] | None = None

    def of(self, model: str) -> tuple[float, float] | None:
        """Return USD per token sent and per token answered; None for an unknown model."""
        if self._prices is None:
            self._prices = read_table(PACKAGED).prices
        return self._prices.get(model)

    def look(self) -> None:
        """Load the table of the data folder when its file is another than last time."""
        seen = _identity(fetched())
        if self._prices is None or seen != self._seen:
            self._seen = seen
            self._prices = _both() if seen else read_table(PACKAGED).prices


def fetched() -> Path:
    """Return where the table is that a user fetched."""
    return Path(settings.AURA_DATA_DIR) / "prices.json"


def keep(provider: Provider, models: Iterable[ListedModel]) -> int:
    """Keep the prices of OpenRouter's models and return how many they are; 0, and all as it
    was, for those of another provider. Running workers take them. Raises OSError."""
    prices = {model.id: model.price for model in models if model.price}
    if provider.name != DEFAULT or not prices:
        return 0
    date = f"{datetime.now(UTC):%Y-%m-%d}"
    write_table(fetched(), date=date, source=provider.origin, prices=prices)
    return len(prices)


def cost_of(
    model: str, input_tokens: int | None, output_tokens: int | None
) -> float | None:
    """Return what these tokens cost in USD; None, never 0, when that is not known. A model on
    a server that bills no call costs 0, however many they are."""
    price = BOOK.of(model)
    if price is None and model and not _provider_of(model).bills_calls:
        return 0.0
    if price is None or (input_tokens is None and output_tokens is None):
        return None
    sent, answered = price
    # What costs nothing need not be counted: an embedding has no answer of tokens.
    if (sent and input_tokens is None) or (answered and output_tokens is None):
        return None
    return sent * (input_tokens or 0) + answered * (output_tokens or 0)


def _provider_of(model: str) -> Provider:
    provider: Provider = settings.AURA_PROVIDERS.route(model).provider
    return provider


def _both() -> Prices:
    tables = [read_table(PACKAGED)]
    try:
        tables.append(read_table(fetched()))
    except TableUnusable as error:
        logger.warning("%s Costs go by the prices that came with Aura.", error)
    # The newer one wins; a model that it no longer has keeps the price it had.
    tables.sort(key=lambda table: table.date)
    return {model: price for table in tables for model, price in table.prices.items()}


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns


BOOK = PriceBook()
