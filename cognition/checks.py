"""Prompts of the operator's that cannot be used, found by `manage.py check`."""

from typing import Any

from django.core.checks import CheckMessage, Warning

from cognition.prompts import NAMES, problem_of


def check_prompts(**_: Any) -> list[CheckMessage]:
    """Return a warning for each file in AURA_PROMPTS_DIR that cannot be used."""
    return [
        Warning(
            problem,
            hint="Mend it, or remove it; until then the prompt that ships is used.",
            id="cognition.W001",
        )
        for name in NAMES
        if (problem := problem_of(name))
    ]
