"""`manage.py confirm_preset`: let what is live on trial stay."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from brains import activation
from brains.management.command_line import author, refusals, told


class Command(BaseCommand):
    help = "Let what is live on trial stay; otherwise what was live before comes back."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--revision",
            type=int,
            metavar="N",
            help="only if this revision is live, so that no other is confirmed",
        )
        parser.add_argument("--reason", default="", help="why, for the history")

    def handle(self, *args: Any, **options: Any) -> None:
        with refusals():
            outcome = activation.confirm(
                author(options["reason"]), revision=options["revision"]
            )
            lines = [*told(outcome, _said(outcome))]
        self.stdout.write("\n".join(lines))


def _said(outcome: activation.Outcome) -> str:
    newest = outcome.activation
    if newest and outcome.changed:
        return f"{newest.preset_name} stays live, as revision {newest.revision}."
    if newest is None:
        return "Nothing was ever activated: nothing was confirmed."
    trial = "is live on trial" if newest.is_on_trial else "is live, and not on trial"
    return f"Revision {newest.revision} {trial}: nothing was confirmed."
