"""`manage.py roll_back REVISION`: make what a revision had live again."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from brains import activation, live
from brains.management.command_line import (
    add_force,
    author,
    pass_gate,
    refusals,
    told,
)
from brains.management.selection_text import table
from brains.models import Activation
from brains.ways_back import find_revision


class Command(BaseCommand):
    help = "Make what a revision of the history had live again, to the letter, on every worker."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("revision", type=int, help="its number in the history")
        parser.add_argument("--reason", default="", help="why, for the history")
        add_force(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        with refusals():
            who, target = author(options["reason"]), find_revision(options["revision"])
            forced = pass_gate(target.as_snapshot(), who, force=options["force"])
            outcome = activation.roll_back(target.revision, who, forced=forced)
            selection = live.peek().selection
            lines = [*told(outcome, _said(outcome, options["revision"]))]
        self.stdout.write("\n".join(lines))
        self.stdout.write(table(selection))


def _said(outcome: activation.Outcome, revision: int) -> str:
    newest = outcome.activation
    if newest is None or not outcome.changed:
        number = newest.revision if newest else 0
        return (
            f"What revision {revision} had is live already, as revision {number}: nothing "
            "was changed."
        )
    return f"{_name(newest)} is live again, as revision {newest.revision}."


def _name(newest: Activation) -> str:
    return f"{newest.preset_name or 'No preset'}, as in revision {newest.restores},"
