"""Which listed models are nearest to an id that is not listed: those of its author and its
family first, then those whose ids look most alike."""

import re
from collections.abc import Iterable
from difflib import SequenceMatcher

from providers.listed_model import ListedModel

NEAREST_MAX = 3
LIKE_ENOUGH, HALF = 0.6, 0.5
_WORD = re.compile(r"[a-z]{2,}")
_PARTS = re.compile(r"[-_./:@+]")
# Marks of how a model is trained or sold; they tell nothing of its family.
_MARKS = {"it", "instruct", "chat", "preview", "exp", "latest", "free", "batch", "beta"}


def nearest(model_id: str, models: Iterable[ListedModel]) -> tuple[str, ...]:
    """Return up to three ids, the nearest first; () when none is near."""
    ours, author = family(model_id), _author(model_id)
    groups: dict[Group, list[str]] = {}
    for model in models:
        shared = _share(ours, family(model.id))
        is_edition = _edition(model.id) == _edition(model_id)
        group = (_author(model.id) == author, shared, is_edition)
        groups.setdefault(group, []).append(model.id)
    has_kin = any(author_is_same and shared for author_is_same, shared, _ in groups)
    found: list[str] = []
    # Likeness takes long to work out: only for the groups that may win.
    for group in sorted(groups, reverse=True):
        is_same_author, shared, _ = group
        if len(found) < NEAREST_MAX and (shared or not has_kin):
            is_related = is_same_author or shared > HALF
            found += _most_alike(model_id, groups[group], is_related=is_related)
    return tuple(found[:NEAREST_MAX])


Group = tuple[bool, float, bool]
"""Same author, how much of the family is shared, same edition such as :free."""


def _most_alike(model_id: str, others: list[str], *, is_related: bool) -> list[str]:
    likeness = {
        other: SequenceMatcher(None, model_id.lower(), other.lower()).ratio()
        for other in others
    }
    kept = (o for o in others if is_related or likeness[o] >= LIKE_ENOUGH)
    return sorted(kept, key=lambda other: (-likeness[other], other))


def _share(ours: frozenset[str], theirs: frozenset[str]) -> float:
    both = ours | theirs
    return len(ours & theirs) / len(both) if both else 0.0


def family(model_id: str) -> frozenset[str]:
    """Return the words that name the family of a model: {"claude", "sonnet"}."""
    stem = model_id.lower().rpartition("/")[2]
    words = (_WORD.match(part) for part in _PARTS.split(stem))
    return frozenset(word[0] for word in words if word) - _MARKS


def _author(model_id: str) -> str:
    return model_id.lower().rpartition("/")[0]


def _edition(model_id: str) -> str:
    return model_id.partition(":")[2]
