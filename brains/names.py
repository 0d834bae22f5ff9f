"""What a preset may be called, and when two names look the same to a person; and
the slug that follows from a name."""

import unicodedata
from collections.abc import Collection

from django.utils.text import slugify

NAME_LENGTH = 80
SKELETON_LENGTH = 4 * NAME_LENGTH

# Characters that read as ASCII ones (Unicode TS 39 has the full list). Capitals have a
# table of their own: В reads as B, and its small в as nothing of ASCII's.
_CAPITALS = str.maketrans(
    "IАВЕЅІЈКМНОРСТУХҮԌԚԜΑΒΕΖΗΙΚΜΝΟΡΤΥΧ",
    "lABESlJKMHOPCTYXYGQWABEZHlKMNOPTYX",
)
_SMALL = str.maketrans(
    "аеорсухіјѕԁһԛԝѵԍαορνυιτκεωҽɡɑıɩǃ1|0",
    "aeopcyxijsdhqwvgaopvuitkewegaiilllo",
)
# Unicode's Default_Ignorable_Code_Point, as far as its category does not tell.
_IGNORABLE = frozenset(
    "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u3164\uffa0"
) | {chr(c) for c in (*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))}


def skeleton(name: str) -> str:
    """Return what `name` looks like, whatever letters it is written with."""
    decomposed = unicodedata.normalize("NFKD", name)
    plain = "".join(c for c in decomposed if not unicodedata.combining(c))
    folded = plain.translate(_CAPITALS).casefold()
    return " ".join(folded.translate(_SMALL).split())[:SKELETON_LENGTH]


def look_alike(name: str, other: str) -> bool:
    """Say whether two names would be confused, as written or but for their case."""
    if skeleton(name) == skeleton(other):
        return True
    return skeleton(name.casefold()) == skeleton(other.casefold())


def free_slug(name: str, taken: Collection[str]) -> str:
    """Return a slug made from `name` that is not among those `taken`."""
    stem = slugify(name)[:70] or "preset"
    candidates = [stem, *(f"{stem}-{n}" for n in range(2, len(taken) + 3))]
    return next(slug for slug in candidates if slug not in taken)


def free_name(name: str, taken: Collection[str]) -> str:
    """Return a name made from `name` that looks like none of those `taken`."""
    stem = name[: NAME_LENGTH - 10]
    candidates = [name, *(f"{stem} {n}" for n in range(2, len(taken) + 3))]
    return next(c for c in candidates if not any(look_alike(c, t) for t in taken))


def name_problem(name: str) -> str:
    """Return why `name` cannot name a preset, as a sentence, or "" when it can."""
    if not name.strip():
        return "Give the preset a name that can be seen."
    if len(name) > NAME_LENGTH:
        return f"A name has at most {NAME_LENGTH} characters, this has {len(name)}."
    for character in name:
        if what := _refused(character):
            code = f"U+{ord(character):04X}"
            return f"The name has a character that {what} ({code}); remove it."
    if not any(map(str.isalnum, name)):
        return "Give the preset a name with letters or digits."
    return ""


def _refused(character: str) -> str:
    """Return why a character has no place in a name, or "" when it has."""
    category = unicodedata.category(character)
    is_odd_space = category[0] == "Z" and character != " "
    if category[0] == "C" or is_odd_space or character in _IGNORABLE:
        return "cannot be seen"
    return "is a symbol or emoji" if category in ("So", "Me") else ""
