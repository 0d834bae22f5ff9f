"""How the figures of the usage page are said: short enough for a column, and never a zero
for what is only small."""

from decimal import Decimal

_UNITS = ((10**12, "T"), (10**9, "G"), (10**6, "M"), (10**3, "k"))
EXACT_BELOW = 10_000
CENTS_FROM = Decimal("0.1")


def whole(number: int) -> str:
    """Return a number with its thousands apart: "1,203"."""
    return f"{number:,}"


def short(number: int) -> str:
    """Return a number in at most five characters: "9,999", "12.3k", "4.56M"."""
    if number < EXACT_BELOW:
        return whole(number)
    size, unit = next((size, unit) for size, unit in _UNITS if number >= size)
    scaled = number / size
    digits = 2 if scaled < 10 else 1 if scaled < 100 else 0
    return f"{scaled:.{digits}f}{unit}"


def usd(amount: Decimal) -> str:
    """Return an amount to the cent; a small one to two digits that count."""
    if amount >= CENTS_FROM or not amount:
        return f"${amount:,.2f}"
    digits = 1 - amount.adjusted()
    return f"${amount:.{digits}f}"


def seconds(time_s: float | None) -> str:
    """Return a time as "340 ms", "2 s" or "2.1 s", and "–" for none."""
    if time_s is None:
        return "–"
    if time_s < 1:
        return f"{time_s * 1000:.0f} ms"
    return f"{time_s:.1f}".removesuffix(".0") + " s"


def share(part: int, whole_number: int) -> str:
    """Return a part as a percentage; "" when it is nothing."""
    if not part:
        return ""
    percent = 100 * part / whole_number
    return f"{percent:.1f} %" if percent >= 0.1 else "< 0.1 %"
