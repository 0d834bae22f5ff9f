"""`manage.py make_memory_index`: what AURA_MEMORY_INDEX=pgvector needs in the database."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import ProgrammingError

from brains.management.command_line import refusals
from cognition.memory import pgvector


class Command(BaseCommand):
    help = "Make pgvector's column and indexes, where they are missing. Reads and writes go on."
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        with refusals():
            try:
                pgvector.make()
                self._fill()
            except pgvector.CannotIndex as error:
                raise CommandError(str(error)) from None
            except ProgrammingError as error:
                raise CommandError(f"PostgreSQL refused it: {error}") from None
            for space in pgvector.spaces():
                is_indexed = pgvector.make_index(space)
                how = (
                    "an HNSW index" if is_indexed else "no index: its vectors are long"
                )
                self.stdout.write(f"{space}: {how}.")
        self.stdout.write("Made. Recall uses it with AURA_MEMORY_INDEX=pgvector.")

    def _fill(self) -> None:
        count = 0
        for number in pgvector.fill():
            count += number
            self.stdout.write(f"{count:,} vectors copied.")
