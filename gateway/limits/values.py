"""The limits that a key may have: what they may be, and how they are written down. What a key
has used of them is not known here."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError

from brains.layers import LAYER_BY_NAME

PER_MINUTE_MAX = 1_000_000_000
USD_MIN, USD_MAX = Decimal("0.0001"), Decimal("10000000")
PER_MINUTE_HELP = (
    f"Give a whole number from 1 to {PER_MINUTE_MAX:,}, or nothing for no limit."
)
USD_HELP = (
    f"Give an amount from {USD_MIN} to {USD_MAX:,} with at most 4 decimals, such as 2.50, "
    "or nothing for no limit. To let a key spend nothing, revoke it."
)
LAYERS_HELP = (
    f"Give layers with commas between, out of {', '.join(LAYER_BY_NAME)}, or nothing for "
    "all."
)


@dataclass(frozen=True, slots=True)
class Limits:
    """What a key may use. None is no limit; `layers` None is every layer."""

    requests_per_minute: int | None = None
    tokens_per_minute: int | None = None
    usd_per_day: float | None = None
    usd_per_month: float | None = None
    layers: frozenset[str] | None = None

    def allow(self, layer: str) -> bool:
        """Say whether a layer may be asked, by its wire name."""
        return self.layers is None or layer in self.layers

    def as_json(self) -> dict[str, Any]:
        """Return JSON-ready values, from which `limits_from` makes the same limits."""
        layers = None if self.layers is None else sorted(self.layers)
        return asdict(self) | {"layers": layers}


NO_LIMITS = Limits()
LIMIT_FIELDS: tuple[str, ...] = tuple(field.name for field in fields(Limits))
"""Also the names of a key's columns."""


def limits_from(values: Mapping[str, Any]) -> Limits:
    """Return the limits that `as_json` gave.

    Raises TypeError or ValueError for a field that is not known here, or not of its kind.
    """
    limits = Limits(**values)
    for count in (limits.requests_per_minute, limits.tokens_per_minute):
        if count is not None and (type(count) is not int or count < 1):
            raise ValueError("A limit per minute is no whole number.")
    for usd in (limits.usd_per_day, limits.usd_per_month):
        if usd is not None and (type(usd) not in (int, float) or usd <= 0):
            raise ValueError("A limit in USD is no amount.")
    if limits.layers is None:
        return limits
    names = frozenset(limits.layers)
    if not names or not names <= LAYER_BY_NAME.keys():
        raise ValueError("The layers of a key are not all known.")
    return Limits(**{**values, "layers": names})


def layers_text(names: Iterable[str]) -> str:
    """Return how layers are kept: "l1,l3", in their own order; "" for all of them."""
    chosen = set(names)
    in_order = [name for name in LAYER_BY_NAME if name in chosen]
    return "" if len(in_order) == len(LAYER_BY_NAME) else ",".join(in_order)


def layers_of(text: str) -> frozenset[str] | None:
    """Return the layers that `layers_text` kept; None for all of them."""
    return frozenset(text.split(",")) if text else None


def validate_per_minute(value: int) -> None:
    """Raise ValidationError for a number that is no limit."""
    if not 1 <= value <= PER_MINUTE_MAX:
        raise ValidationError(PER_MINUTE_HELP)


def validate_usd(value: Decimal) -> None:
    """Raise ValidationError for an amount that is no limit."""
    if not USD_MIN <= value <= USD_MAX:
        raise ValidationError(USD_HELP)


def validate_layers(text: str) -> None:
    """Raise ValidationError for a text that names anything but layers."""
    if not layers_of(text or "l1") <= LAYER_BY_NAME.keys():  # type: ignore[operator]
        raise ValidationError(LAYERS_HELP)
