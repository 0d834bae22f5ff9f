"""The models and prices of OpenRouter that come with Aura, as of a day: what serves until a
list was read. The file is made by hand from two packages, which it names."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path

from providers.listed_model import Kind, ListedModel

PATH = Path(__file__).with_name("shipped_models.json")


@dataclass(frozen=True, slots=True)
class ShippedModels:
    """The models that were listed on that day, and every id that ever had a price."""

    day: date
    models: tuple[ListedModel, ...]
    known: frozenset[str]


@lru_cache(maxsize=1)
def shipped_models() -> ShippedModels:
    """Return them; the file is read once."""
    found = json.loads(PATH.read_text(encoding="utf-8"))
    prices: Mapping[str, list[str]] = found["prices"]
    models = (
        ListedModel(
            id=model_id,
            name=entry.get("name", model_id),
            kind=Kind(entry.get("kind", Kind.CHAT)),
            price=_pair(prices.get(model_id)),
            context_length=entry.get("context"),
            input_modalities=tuple(entry.get("input", ())),
            output_modalities=tuple(entry.get("output", ())),
            parameters=tuple(entry.get("parameters", ())),
        )
        for model_id, entry in found["models"].items()
    )
    return ShippedModels(
        day=date.fromisoformat(found["listed"]["date"]),
        models=tuple(models),
        known=frozenset(prices) | frozenset(found["models"]),
    )


def _pair(price: list[str] | None) -> tuple[str, str] | None:
    return (price[0], price[1]) if price else None
