"""Django's system checks: settings that are wrong are found before the first request."""

from collections.abc import Iterator, Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Warning

from brains.selection import Ladder, resolve
from providers.registry import address_problem

_PLACES = {"env": "the environment", "dotenv": ".env"}


def check_settings(
    app_configs: Sequence[AppConfig] | None, **kwargs: Any
) -> list[CheckMessage]:
    """Report what is wrong with the settings as they were read at the start.

    brains.W001  a value on the ladder was refused, and the next rung is used
    brains.W002  another variable has a bad value, and its default is used
    brains.W003  `.env` cannot be read, or a line of it was skipped
    brains.W004  a provider's address cannot be used
    """
    return [*_values(), *_variables(), *_dotenv(), *_providers()]


def _values() -> Iterator[CheckMessage]:
    ladder = Ladder(settings.AURA_ENV_RUNG, settings.AURA_DOTENV_RUNG)
    for problem in resolve(None, ladder).problems:
        yield Warning(
            f"{problem.name} in {_PLACES[problem.source]}: {problem.reason}",
            hint=problem.hint,
            id="brains.W001",
        )


def _variables() -> Iterator[CheckMessage]:
    for problem in settings.AURA_SETTING_PROBLEMS:
        yield Warning(problem.reason, hint=problem.hint, id="brains.W002")


def _dotenv() -> Iterator[CheckMessage]:
    dotenv = settings.AURA_DOTENV
    unreadable = [dotenv.reason] if dotenv.state == "unreadable" else []
    for reason in (*unreadable, *dotenv.problems):
        hint = "Write one NAME=value on a line, as in env.example."
        yield Warning(reason, hint=hint, id="brains.W003")


def _providers() -> Iterator[CheckMessage]:
    for provider in settings.AURA_PROVIDERS.values():
        if problem := address_problem(provider.base_url):
            hint = (
                "Set it to the address that ends before /chat/completions, and restart."
            )
            yield Warning(
                f"{provider.url_variable} {problem}", hint=hint, id="brains.W004"
            )
