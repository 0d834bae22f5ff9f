"""Votes counted: for one preset against each other, and for every pair."""

from collections import Counter
from collections.abc import Mapping

from django.db.models import Count, QuerySet
from django.db.models.functions import Coalesce

from brains.preferred import Tally
from cognition.playground.models import Preference

Choice = Preference.Choice

NO_PRESET = "no preset"
PAIRS_MAX = 12

Votes = Counter[tuple[str, str, str]]
"""Left name, right name, choice -> votes."""


def of_preset(preset_id: int) -> list[Tally]:
    """Return how a preset did against each other, the most compared first."""
    left = _votes(Preference.objects.filter(left=preset_id))
    right = _votes(Preference.objects.filter(right=preset_id))
    against = _against(left, is_left=True) + _against(right, is_left=False)
    found = [
        Tally(name, *(against[name, word] for word in ("this", "other", "neither")))
        for name in {name for name, _ in against}
    ]
    return sorted(found, key=lambda tally: (-tally.total, tally.against))


def of_all() -> list[Mapping[str, object]]:
    """Return the votes on each pair, whichever side each was on, most compared first."""
    counted: Counter[tuple[str, str, str]] = Counter()
    for (left, right, choice), votes in _votes(Preference.objects.all()).items():
        one, two = sorted((left, right))
        winner = {Choice.LEFT: left, Choice.RIGHT: right}.get(Choice(choice), "")
        counted[one, two, winner] += votes
    pairs = Counter[tuple[str, str]]()
    for (one, two, _), votes in counted.items():
        pairs[one, two] += votes
    return [
        {
            "one": one,
            "two": two,
            "for_one": counted[one, two, one],
            "for_two": counted[one, two, two],
            "neither": counted[one, two, ""],
        }
        for (one, two), _ in pairs.most_common(PAIRS_MAX)
    ]


def _votes(preferences: QuerySet[Preference]) -> Votes:
    """Count votes by the names that presets have now, or had when they were deleted."""
    rows = (
        preferences.order_by()
        .annotate(
            one=Coalesce("left__name", "left_name"),
            two=Coalesce("right__name", "right_name"),
        )
        .values_list("one", "two", "choice")
        .annotate(votes=Count("pk"))
    )
    return Counter(
        {(one or NO_PRESET, two or NO_PRESET, c): n for one, two, c, n in rows}
    )


def _against(votes: Votes, *, is_left: bool) -> Counter[tuple[str, str]]:
    own = Choice.LEFT if is_left else Choice.RIGHT
    counted: Counter[tuple[str, str]] = Counter()
    for (left, right, choice), number in votes.items():
        word = "neither" if choice == Choice.NEITHER else "other"
        counted[right if is_left else left, "this" if choice == own else word] += number
    return counted
