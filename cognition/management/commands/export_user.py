"""`manage.py export_user USER_ID [FILE]`: all that is kept of a person, as JSON Lines."""

import os
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from brains.management.command_line import refusals
from cognition.management.whose import add_person, person_of
from cognition.personal_data import export, holdings


class Command(BaseCommand):
    help = (
        "Write all that is kept of a person as JSON Lines, to a file or to the screen."
    )
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_person(parser)
        parser.add_argument(
            "file", metavar="FILE", nargs="?", default="-", help="- is the screen"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        with refusals():
            person = person_of(options)
            counts = holdings.count(person)
            if not any(counts.values()):
                raise CommandError(f"Nothing is kept of {options['user']!r}.")
            if options["file"] == "-":
                for block in export.lines(person):
                    self.stdout.write(block, ending="")
                return
            _write(options["file"], person)
        self.stderr.write(f"Written to {options['file']}: {holdings.told(counts)}.")


def _write(path: str, person: str) -> None:
    """Write a file that its owner alone can read; one that is there is not written over."""
    try:
        made = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(made, "w", encoding="utf-8") as file:
            file.writelines(export.lines(person))
    except OSError as error:
        raise CommandError(f"{path} cannot be written: {error.strerror}.") from None
