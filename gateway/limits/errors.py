"""What a client is told whose key is at a limit, in OpenAI's words.

GatewayError
├── RateLimited           429 rate_limit_exceeded; its type is "requests" or "tokens"
│   └── OutOfBudget       429 insufficient_quota, not to be tried again before it ends
└── LayerNotAllowed       403 layer_not_allowed
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal

from brains.layers import LAYER_BY_NAME
from gateway.errors import INVALID_REQUEST, GatewayError
from gateway.limits.headers import Headers, RateKind, span, waiting
from gateway.usage.words import usd


class RateLimited(GatewayError):
    """The key has made its requests, or used its tokens, of a minute."""

    status, code = 429, "rate_limit_exceeded"

    def __init__(self, message: str, *, wait_s: float, headers: Headers) -> None:
        super().__init__(message)
        self.headers = (*headers, *waiting(wait_s))


class OutOfBudget(RateLimited):
    """The key has spent its money of a day or a month."""

    type, code = "insufficient_quota", "insufficient_quota"


class LayerNotAllowed(GatewayError):
    """The key is not for this layer."""

    status, type, code, param = 403, INVALID_REQUEST, "layer_not_allowed", "model"

    def __init__(self, layer: str, allowed: Iterable[str]) -> None:
        names = [name for name in LAYER_BY_NAME if name in set(allowed)]
        super().__init__(
            f"This key is not for {layer}, only for {_listed(names)}. Ask for that, or let "
            "an admin allow more."
        )


def too_many(
    kind: RateKind, limit: int, used: int, *, wait_s: float, headers: Headers
) -> RateLimited:
    """Return the error of a key that used `used` of `limit` in a minute."""
    # Some clients read the time from the message, where it stands as OpenAI puts it.
    error = RateLimited(
        f"Rate limit reached for this key on {kind} per minute: Limit {limit}, Used "
        f"{used}. Please try again in {span(max(wait_s, 0.001))}.",
        wait_s=wait_s,
        headers=headers,
    )
    error.type = kind
    return error


def out_of_budget(
    period: str,
    limit: float,
    spent: float,
    *,
    ends_at: int,
    wait_s: float,
    headers: Headers,
) -> OutOfBudget:
    """Return the error of a key that spent its USD of a day or month that ends then."""
    ends = f"{datetime.fromtimestamp(ends_at, UTC):%Y-%m-%d %H:%M} UTC"
    return OutOfBudget(
        f"This key may spend {_usd(limit)} a {period} and has spent {_usd(spent)}. It can "
        f"be used again from {ends}, when the next {period} begins, or once an admin "
        "raises its limit.",
        wait_s=wait_s,
        # OpenAI's clients try again after seconds or minutes: of no use here.
        headers=(*headers, (b"x-should-retry", b"false")),
    )


def _usd(amount: float) -> str:
    return usd(Decimal(f"{amount:.10f}"))


def _listed(names: list[str]) -> str:
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"
