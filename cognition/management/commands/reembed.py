"""`manage.py reembed [PRESET]`: give every memory its vector of a preset's embedding model,
then activate it; pause, resume, cancel, and see how far it is."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from brains import activation
from brains.activation import Author
from brains.management.command_line import author, refusals
from brains.models import ModelPreset
from cognition.memory.reembedding import plans, wording
from cognition.memory.reembedding.models import ReEmbedding


class Command(BaseCommand):
    help = (
        "Embed memories for a preset, then activate it; without a preset, those that have "
        "no vector of the effective model. The background tasks (run_tasks) do it."
    )
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("preset", nargs="?", help="its name or slug")
        parser.add_argument("--reason", default="", help="why, for the history")
        steps = parser.add_mutually_exclusive_group()
        steps.add_argument("--status", action="store_true", help="say how far it is")
        steps.add_argument("--pause", action="store_true", help="let it rest")
        steps.add_argument("--resume", action="store_true", help="let it go on")
        steps.add_argument(
            "--cancel", action="store_true", help="end it, switch nothing"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        step = next((s for s in ("status", *_STEPS) if options[s]), "")
        if step and options["preset"]:
            raise CommandError(f"--{step} is for what runs: leave the preset out.")
        who = author(options["reason"])
        with refusals():
            said = _taken(step, who) if step else _begun(options["preset"], who)
        self.stdout.write(said)


def _begun(name: str | None, who: Author) -> str:
    preset = activation.find_preset(name) if name else None
    if preset:
        plans.ask_first(preset, _saved_at(preset))
    plan = plans.begin(preset, who, opened_at=_saved_at(preset))
    return f"{wording.line(plan)} `manage.py reembed --status` says how far it is."


def _saved_at(preset: ModelPreset | None) -> str | None:
    return preset.updated_at.isoformat() if preset else None


def _taken(step: str, who: Author) -> str:
    plan = plans.open_plan()
    if plan is None:
        last = ReEmbedding.objects.first()
        before = f" The last one: {wording.line(last)}" if last else ""
        if step == "status":
            return f"Nothing is re-embedded.{before}"
        raise CommandError(f"Nothing is re-embedded: there is nothing to {step}.")
    if step in _STEPS:
        _STEPS[step](plan, who)
    return wording.line(plan)


_STEPS = {
    "pause": lambda plan, who: plans.pause(plan),
    "resume": lambda plan, who: plans.resume(plan),
    "cancel": plans.cancel,
}
