"""`manage.py activate_preset NAME`: make a preset the live one on every worker."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from brains import activation, live
from brains.management.command_line import author, minutes, refusals, told
from brains.management.selection_text import table


class Command(BaseCommand):
    help = (
        "Make a preset live. Every worker serves it within 300 ms, without a restart."
    )
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "name", help="its name, without regard to case, or its slug"
        )
        parser.add_argument("--reason", default="", help="why, for the history")
        parser.add_argument(
            "--minutes",
            type=minutes,
            metavar="N",
            help="on trial: after N minutes what was live comes back, unless "
            "confirm_preset is run before",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        with refusals():
            preset = activation.find_preset(options["name"])
            outcome = activation.activate(
                preset, author(options["reason"]), trial=options["minutes"]
            )
            selection = live.peek().selection
            lines = [*told(outcome, _said(outcome, preset.name))]
        self.stdout.write("\n".join(lines))
        self.stdout.write(table(selection))


def _said(outcome: activation.Outcome, name: str) -> str:
    revision = outcome.activation.revision if outcome.activation else 0
    if not outcome.changed:
        return f"{name} is live already, as revision {revision}: nothing was changed."
    before = outcome.replaced.preset_name if outcome.replaced else None
    replaced = f" It replaces {before}." if before and before != name else ""
    return f"{name} is live as revision {revision}.{replaced}"
