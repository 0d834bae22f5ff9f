"""`manage.py delete_kept_exchanges`: delete every kept exchange now."""

from typing import Any

from django.core.management.base import BaseCommand

from brains.wording import counted
from gateway.kept.retention import forget_all


class Command(BaseCommand):
    help = "Delete every kept exchange (AURA_KEEP_PROMPTS), and what rehearsals made of it."
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        count = forget_all()
        verb = "is" if count == 1 else "are"
        self.stdout.write(f"{counted(count, 'kept exchange')} {verb} deleted.")
