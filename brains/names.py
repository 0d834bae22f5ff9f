"""What a preset may be called, and when two names look the same to a person."""

import unicodedata

NAME_LENGTH = 80

# Letters of other scripts that read as ASCII ones (Unicode TS 39 has the full list).
_LOOKALIKES = str.maketrans(
    "аеорсухіјѕԁһԛԝѵԍαορνυιτκεωҽɡɑıɩǃ",
    "aeopcyxijsdhqwvgaopvuitkewegaiil",
)


def skeleton(name: str) -> str:
    """Return what `name` looks like: two names with one skeleton would be confused."""
    folded = unicodedata.normalize("NFKC", name).casefold()
    plain = "".join(
        c for c in unicodedata.normalize("NFKD", folded) if not unicodedata.combining(c)
    )
    return " ".join(plain.translate(_LOOKALIKES).split())


def name_problem(name: str) -> str:
    """Return why `name` cannot name a preset, as a sentence, or "" when it can."""
    if not name.strip():
        return "Give the preset a name that can be seen."
    if len(name) > NAME_LENGTH:
        return f"A name has at most {NAME_LENGTH} characters, this has {len(name)}."
    for character in name:
        if _is_invisible(character):
            code = f"U+{ord(character):04X}"
            return f"The name has a character that cannot be seen ({code}); remove it."
    if not skeleton(name):
        return "Give the preset a name with letters or digits."
    return ""


def _is_invisible(character: str) -> bool:
    """Say whether a character is a control, format, surrogate, private or odd space one."""
    category = unicodedata.category(character)
    return category[0] == "C" or (category[0] == "Z" and character != " ")
