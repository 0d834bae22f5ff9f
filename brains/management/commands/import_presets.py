"""`manage.py import_presets FILE`: make the presets as a file has them, all or none."""

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from brains.as_code.applying import import_presets
from brains.as_code.document import BYTES_MAX, read_document
from brains.as_code.plan import Options
from brains.as_code.report import as_text
from brains.management.command_line import author, refusals


class Command(BaseCommand):
    help = (
        "Make the presets as a file has them: all or, when one thing in it is refused, none. "
        "Presets that it does not name stay as they are."
    )
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", help="as export_presets writes it; - for stdin")
        parser.add_argument(
            "--dry-run", action="store_true", help="change nothing, show what would be"
        )
        parser.add_argument(
            "--prune",
            action="store_true",
            help="remove presets that it does not name; never the live one",
        )
        parser.add_argument(
            "--activate",
            metavar="NAME",
            default="",
            help="then make this preset live, by its name or slug",
        )
        parser.add_argument(
            "--force",
            action="store_true",
            help="go past the check of the models of what is to be live; needs --reason, "
            "and the history says so",
        )
        parser.add_argument("--reason", default="", help="why, for the history")

    def handle(self, *args: Any, **options: Any) -> None:
        document = read_document(_read(options["file"]))
        wanted = Options(
            dry_run=options["dry_run"],
            prune=options["prune"],
            activate=options["activate"],
            force=options["force"],
        )
        who = author(options["reason"])
        if options["force"] and not who.reason:
            raise CommandError(
                "Say why it goes past the check: --force needs --reason."
            )
        with refusals():
            done = import_presets(document, who, wanted)
        self.stdout.write(as_text(done))
        if done.is_refused:
            raise CommandError("The presets were not imported: mend what is refused.")


def _read(file: str) -> bytes:
    """Return the file to one byte past what is taken: what is larger is refused."""
    try:
        if file == "-":
            return sys.stdin.buffer.read(BYTES_MAX + 1)
        with Path(file).open("rb") as opened:
            return opened.read(BYTES_MAX + 1)
    except OSError as error:
        raise CommandError(f"{file} cannot be read: {error.strerror}.") from error
