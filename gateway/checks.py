"""Django's system checks of this room: aliases that lead nowhere are found at the start."""

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Warning

from gateway.spelling import parse_layer


def check_aliases(
    app_configs: Sequence[AppConfig] | None, **kwargs: Any
) -> list[CheckMessage]:
    """Report aliases that can serve nobody.

    gateway.W001  an alias in AURA_MODEL_ALIASES leads to no layer
    """
    return [
        Warning(
            f"The alias {alias[:80]!r} in AURA_MODEL_ALIASES leads to no layer.",
            hint="Write NAME=l1, l2, l3 or embedding, or with a preset: NAME=l3@budget.",
            id="gateway.W001",
        )
        for alias, name in settings.AURA_MODEL_ALIASES.items()
        if parse_layer(name)[0] is None
    ]
