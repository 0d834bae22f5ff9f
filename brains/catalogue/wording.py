"""How a listed model is said to people: what it costs, and how much it takes in."""

from decimal import Decimal

from providers.listed_model import ListedModel

MILLION = 1_000_000
FREE = "free"


def about(model: ListedModel) -> str:
    """Say price and context: "$0.26 in, $1.03 out per million tokens · 164k context"."""
    return " · ".join(part for part in (price(model), context(model)) if part)


def price(model: ListedModel) -> str:
    """Say what a million tokens cost; "" when that is not known."""
    if model.price is None:
        return ""
    sent, answered = (dollars(Decimal(each) * MILLION) for each in model.price)
    if (sent, answered) == ("$0", "$0"):
        return FREE
    if answered == "$0":
        return f"{sent} per million tokens"
    return f"{sent} in, {answered} out per million tokens"


def context(model: ListedModel) -> str:
    """Say how many tokens it takes in; "" when that is not known."""
    tokens = model.context_length
    if not tokens:
        return ""
    if tokens >= MILLION:
        return f"{_short(Decimal(tokens) / MILLION)}M context"
    return f"{_short(Decimal(tokens) / 1000)}k context"


def dollars(amount: Decimal) -> str:
    """Return an amount with two places, or with what it takes to tell it from nothing."""
    if amount == 0:
        return "$0"
    if amount >= Decimal("0.1"):
        return f"${amount:.2f}"
    return f"${float(amount):.2g}" if amount >= Decimal("0.0001") else "under $0.0001"


def _short(amount: Decimal) -> str:
    return f"{amount:.0f}" if amount >= 10 else f"{amount:.1f}".removesuffix(".0")
