"""`manage.py first_run`: make the first admin and the first API key, once."""

from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError

from aura_site.first_run import ADMIN, FirstRun, first_run
from brains.management.command_line import refusals


class Command(BaseCommand):
    help = "Make the first admin and the first API key where missing; print what was generated."
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with refusals():
                made = first_run()
        except ImproperlyConfigured as refused:
            raise CommandError(str(refused)) from refused
        for line in _lines(made):
            self.stdout.write(line)


def _lines(made: FirstRun) -> list[str]:
    password = f"Admin: user {ADMIN}, password {made.password} (shown once)"
    key = f"API key: {made.key} (shown once)"
    return [*([password] if made.password else []), *([key] if made.key else [])]
