"""`manage.py export_presets [FILE]`: write all presets as YAML, for git."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from brains.as_code.writing import write_document
from brains.management.command_line import refusals
from brains.models import ModelPreset
from brains.wording import counted


class Command(BaseCommand):
    help = "Write all presets as YAML. The same presets always give the same file."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "file", nargs="?", default="-", help="where to; the terminal by default"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        with refusals():
            presets = list(ModelPreset.objects.all())
        text, file = write_document(presets), options["file"]
        if file == "-":
            self.stdout.write(text, ending="")
            return
        try:
            Path(file).write_text(text, encoding="utf-8")
        except OSError as error:
            raise CommandError(
                f"{file} cannot be written: {error.strerror}."
            ) from error
        self.stdout.write(f"{counted(len(presets), 'preset')} written to {file}.")
