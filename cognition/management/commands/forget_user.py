"""`manage.py forget_user USER_ID`: delete all that is kept of a person, once that was asked."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from brains.management.command_line import refusals
from cognition.management.whose import add_person, person_of
from cognition.personal_data import forgetting, holdings


class Command(BaseCommand):
    help = "Delete all that is kept of a person: conversations, reflections, memories, vectors."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_person(parser)
        parser.add_argument("--yes", action="store_true", help="do not ask")

    def handle(self, *args: Any, **options: Any) -> None:
        with refusals():
            person = person_of(options)
            counts = holdings.count(person)
            if not any(counts.values()):
                self.stdout.write(f"Nothing is kept of {options['user']!r}.")
                return
            self.stdout.write(f"Kept of {options['user']!r}: {holdings.told(counts)}.")
            if not options["yes"]:
                _ask()
            deleted = forgetting.forget(person)
        self.stdout.write(f"Deleted: {holdings.told(deleted)}.", self.style.SUCCESS)


def _ask() -> None:
    try:
        typed = input("Delete all of it, for good? Type yes: ")
    except EOFError:
        raise CommandError("Nobody answered: say --yes to delete.") from None
    if typed.strip().lower() != "yes":
        raise CommandError("Nothing was deleted.")
