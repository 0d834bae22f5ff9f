"""`manage.py activate_preset NAME`: make a preset the live one on every worker, once its
models have answered."""

from argparse import ArgumentParser, BooleanOptionalAction
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from brains import activation, embedding_lock, live
from brains.errors import EmbeddingLocked, PreflightFailed, VectorsInUse
from brains.management import preflight_text
from brains.management.command_line import author, minutes, refusals, told
from brains.management.selection_text import table
from brains.models import ModelPreset
from brains.preflight import gate
from brains.preflight.known import refused_unasked
from brains.selection import resolve


class Command(BaseCommand):
    help = (
        "Make a preset live. Its models are asked before; every worker serves it within "
        "300 ms, without a restart."
    )
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "name", help="its name, without regard to case, or its slug"
        )
        parser.add_argument("--reason", default="", help="why, for the history")
        parser.add_argument(
            "--check",
            action=BooleanOptionalAction,
            help="ask its models before, and change nothing when one does not answer "
            "(AURA_PREFLIGHT says so by default)",
        )
        parser.add_argument(
            "--force",
            action="store_true",
            help="go past the check; needs --reason, and the history says so",
        )
        parser.add_argument(
            "--minutes",
            type=minutes,
            metavar="N",
            help="on trial: after N minutes what was live comes back, unless "
            "confirm_preset is run before",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        who, force = author(options["reason"]), options["force"]
        if force and not who.reason:
            raise CommandError(
                "Say why it goes past the check: --force needs --reason."
            )
        is_gated = (
            settings.AURA_PREFLIGHT if options["check"] is None else options["check"]
        )
        with refusals():
            preset = activation.find_preset(options["name"])
            self._refuse_what_is_locked(preset, is_gated=is_gated)
            if is_gated and not force and not activation.is_live(preset):
                self._check(preset)
            outcome = activation.activate(
                preset,
                who,
                opened_at=preset.updated_at.isoformat(),
                forced=is_gated and force,
                trial=options["minutes"],
            )
            selection = live.peek().selection
            lines = [*told(outcome, _said(outcome, preset.name))]
        self.stdout.write("\n".join(lines))
        self.stdout.write(table(selection))

    def _refuse_what_is_locked(self, preset: ModelPreset, *, is_gated: bool) -> None:
        """Say what holds the embedding model up before its models are asked for nothing,
        and what else is known to be in the way."""
        try:
            embedding_lock.refuse_now(preset.snapshot())
        except VectorsInUse:
            raise  # its way says that too
        except EmbeddingLocked as locked:
            selection = resolve(preset.snapshot(), live.ladder())
            others = refused_unasked(selection) if is_gated else []
            raise CommandError(" ".join([str(locked), *others])) from locked

    def _check(self, preset: ModelPreset) -> None:
        try:
            report = gate.admit(resolve(preset.snapshot(), live.ladder()))
        except PreflightFailed as failed:
            raise CommandError(
                f"{failed} Mend that, or activate it all the same with --force --reason WHY."
            ) from failed
        self.stdout.write(preflight_text.table(report))


def _said(outcome: activation.Outcome, name: str) -> str:
    revision = outcome.activation.revision if outcome.activation else 0
    if not outcome.changed:
        return f"{name} is live already, as revision {revision}: nothing was changed."
    before = outcome.replaced.preset_name if outcome.replaced else None
    replaced = f" It replaces {before}." if before and before != name else ""
    return f"{name} is live as revision {revision}.{replaced}"
