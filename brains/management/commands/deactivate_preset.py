"""`manage.py deactivate_preset`: let no preset be live."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from brains import activation, live
from brains.management.command_line import author, refusals, told
from brains.management.selection_text import table


class Command(BaseCommand):
    help = "Let no preset be live: every value then comes from the environment, .env or defaults."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--reason", default="", help="why, for the history")

    def handle(self, *args: Any, **options: Any) -> None:
        with refusals():
            outcome = activation.deactivate(author(options["reason"]))
            selection = live.peek().selection
            lines = [*told(outcome, _said(outcome))]
        self.stdout.write("\n".join(lines))
        self.stdout.write(table(selection))


def _said(outcome: activation.Outcome) -> str:
    if not outcome.changed or outcome.activation is None:
        return "No preset is live: nothing was changed."
    before = outcome.replaced.preset_name if outcome.replaced else "The preset"
    return f"{before} is no longer live; no preset is, as revision {outcome.activation.revision}."
