"""Wrong settings of this room, found by `manage.py check`."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Warning
from django.db import DatabaseError, InterfaceError, connection
from django.utils.module_loading import import_string

from cognition.prompts import NAMES, problem_of, problem_of_examples


def check_prompts(**_: Any) -> list[CheckMessage]:
    """Return a warning for each file in AURA_PROMPTS_DIR that cannot be used."""
    found = [(problem_of(name), "the prompt that ships is used") for name in NAMES]
    found.append((problem_of_examples(), "L2 is shown no examples"))
    return [
        Warning(
            problem,
            hint=f"Mend it, or remove it; until then {meanwhile}.",
            id="cognition.W001",
        )
        for problem, meanwhile in found
        if problem
    ]


def check_memory_index(**_: Any) -> list[CheckMessage]:
    """Return a warning when AURA_MEMORY_INDEX wants what the database has not."""
    if settings.AURA_MEMORY_INDEX != "pgvector":
        return []
    try:
        if import_string("cognition.memory.pgvector.is_made")():
            return []
    except (DatabaseError, InterfaceError):
        return []  # it is away; what it has is not known
    is_sqlite = connection.vendor == "sqlite"
    mend = (
        "Set DATABASE_URL, or" if is_sqlite else "Run manage.py make_memory_index, or"
    )
    return [
        Warning(
            "AURA_MEMORY_INDEX=pgvector has no effect: "
            + ("the database is SQLite." if is_sqlite else "its column is missing."),
            hint=f"{mend} leave AURA_MEMORY_INDEX out; until then recall uses numpy.",
            id="cognition.W002",
        )
    ]
