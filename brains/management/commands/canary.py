"""`manage.py canary start|status|change|promote|abort`: a share of the calls for a candidate
preset."""

from argparse import ArgumentParser
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from brains import activation
from brains.canary import changes as canary_changes
from brains.canary import rows as canaries
from brains.canary.figures import figures
from brains.canary.models import Canary
from brains.canary.sentences import (
    begun_by,
    ended,
    how_it_ended,
    promoted,
    share_changed,
    started,
)
from brains.canary.split import percent_from, shown_percent
from brains.management.command_line import (
    add_force,
    author,
    let_through,
    pass_gate,
    refusals,
)
from brains.wording import exact


class Command(BaseCommand):
    help = "Send a percentage of the calls to a candidate preset, and see how it does."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        steps = parser.add_subparsers(dest="step", required=True, metavar="STEP")
        start = steps.add_parser("start", help="begin: what is live stays live")
        start.add_argument("preset", help="the candidate's name or slug")
        start.add_argument(
            "--no-check",
            dest="check",
            action="store_false",
            help="do not ask its models before",
        )
        change = steps.add_parser("change", help="give the candidate another share")
        for each in (start, change):
            each.add_argument("--percent", required=True, help="0.5 to 100")
        steps.add_parser("status", help="show both sides")
        promote = steps.add_parser("promote", help="make the candidate live")
        abort = steps.add_parser("abort", help="send every call to what is live")
        for each in (start, promote, abort):
            each.add_argument("--reason", default="", help="why, for the history")
        for each in (start, promote):
            add_force(each)

    def handle(self, *args: Any, **options: Any) -> None:
        with refusals():
            said = _STEPS[options["step"]](options)
        self.stdout.write(said)


def _start(options: dict[str, Any]) -> str:
    percent, who = _percent(options), author(options["reason"])
    preset = activation.find_preset(options["preset"])
    is_asked = options["check"] and canaries.running() is None
    # A canary of another embedding model leaves vectors where they are.
    forced = let_through(
        preset.snapshot() if is_asked else None, who, force=options["force"]
    )
    opened_at = preset.updated_at.isoformat()
    canary = canary_changes.start(
        preset, percent, who, opened_at=opened_at, forced=forced
    )
    return started(canary)


def _change(options: dict[str, Any]) -> str:
    return share_changed(canary_changes.change(_percent(options), author()))


def _promote(options: dict[str, Any]) -> str:
    running, who = canaries.the_running(), author(options["reason"])
    forced = pass_gate(running.as_snapshot(), who, force=options["force"])
    return promoted(activation.promote_canary(who, running.pk, forced=forced))


def _abort(options: dict[str, Any]) -> str:
    return ended(canary_changes.abort(author(options["reason"])))


def _status(_: dict[str, Any]) -> str:
    if canary := canaries.running():
        return "\n".join(_lines(canary))
    last = next(iter(canaries.past(1)), None)
    before = f" The last one: {how_it_ended(last)}." if last else ""
    return f"No canary runs.{before}"


def _lines(canary: Canary) -> Iterator[str]:
    newest = activation.latest()
    control = (newest.preset_name if newest else None) or "no preset"
    share, since = shown_percent(canary.percent), exact(canary.started_at)
    yield f"{canary.preset_name} takes {share} of the calls since {since}, by {begun_by(canary)}"
    rows = [("", f"control: {control}", f"candidate: {canary.preset_name}")]
    for figure in figures(canary.started_at, with_cost=True):
        rows.append((figure.title, figure.control, figure.candidate))
    widths = [max(len(row[column]) for row in rows) + 2 for column in range(3)]
    for row in rows:
        cells = (text.ljust(width) for text, width in zip(row, widths, strict=True))
        yield "".join(cells).rstrip()


def _percent(options: dict[str, Any]) -> Decimal:
    percent = percent_from(options["percent"])
    if percent is None:
        raise CommandError("--percent is a number, such as 10 or 2.5.")
    return percent


_STEPS = {
    "start": _start,
    "change": _change,
    "status": _status,
    "promote": _promote,
    "abort": _abort,
}
