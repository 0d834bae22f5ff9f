"""`manage.py show_selection`: what serves each layer, and why."""

import json
from argparse import ArgumentParser
from dataclasses import replace
from typing import Any

from django.core.management.base import BaseCommand

from brains import activation, live
from brains.canary.split import shown_percent
from brains.health import all_problems, explained
from brains.live import Live
from brains.management.command_line import refusals
from brains.management.selection_text import table, to_mend
from brains.selection import Problem, Selection
from brains.status_providers import HINT
from brains.unanswered import away, not_reached
from brains.wording import LOADED_FROM, exact


class Command(BaseCommand):
    help = "Show what serves each layer, and why; or how a preset would resolve."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--json", action="store_true", help="as /health, and what is hidden"
        )
        parser.add_argument(
            "--preset", metavar="NAME", help="as if this preset were live"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        with refusals():
            now = live.peek()
            if name := options["preset"]:
                slug = activation.find_preset(name).slug
                now = replace(now, selection=now.presets[slug])
            shown = (
                json.dumps(explained(now), indent=2, ensure_ascii=False)
                if options["json"]
                else _text(now, is_live=not name)
            )
        self.stdout.write(shown)


def _text(now: Live, *, is_live: bool) -> str:
    head = _head(now) if is_live else f"If preset {now.selection.preset} were live:"
    problems = [*all_problems(now), *_away(now.selection)]
    parts = (head, _canary(now), table(now.selection), to_mend(problems))
    return "\n\n".join(part for part in parts if part)


def _away(selection: Selection) -> list[Problem]:
    return [
        Problem("provider", provider.url_variable, said, provider.start_hint or HINT)
        for provider, said in away(selection, not_reached())
    ]


def _canary(now: Live) -> str:
    if now.canary is None:
        return ""
    share = shown_percent(now.canary.percent)
    return f"Canary: {now.canary.candidate.preset} takes {share} of the calls."


def _head(now: Live) -> str:
    preset = f"preset {now.selection.preset}" if now.selection.preset else "no preset"
    since = f", since {exact(now.since)} by {now.by}" if now.since else ""
    reason = f": {now.reason}" if now.reason else ""
    trial = f", on trial until {exact(now.confirm_by)}" if now.confirm_by else ""
    place = LOADED_FROM[now.loaded_from]
    head = f"Revision {now.selection.revision}, {preset}{since}{reason}{trial}"
    return f"{head} (from {place})"
