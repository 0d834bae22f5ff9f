"""`manage.py export_presets [FILE]`: write all presets and schedules as YAML, for git."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from brains.as_code.writing import write_document
from brains.management.command_line import refusals
from brains.models import ModelPreset, Schedule
from brains.wording import counted, listed


class Command(BaseCommand):
    help = "Write all presets and schedules as YAML. The same ones always give the same file."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "file", nargs="?", default="-", help="where to; the terminal by default"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        with refusals():
            presets = list(ModelPreset.objects.all())
            schedules = list(Schedule.objects.select_related("preset"))
        text, file = write_document(presets, schedules), options["file"]
        if file == "-":
            self.stdout.write(text, ending="")
            return
        try:
            Path(file).write_text(text, encoding="utf-8")
        except OSError as error:
            raise CommandError(
                f"{file} cannot be written: {error.strerror}."
            ) from error
        counts = [counted(len(presets), "preset")]
        counts += [counted(len(schedules), "schedule")] if schedules else []
        self.stdout.write(f"{listed(counts)} written to {file}.")
