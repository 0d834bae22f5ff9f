"""`manage.py refresh_catalogue`: read which models the providers have, and what they cost."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from brains.catalogue.refresh import Report, configured, refresh
from brains.management.command_line import refusals
from gateway.records import prices
from providers.registry import DEFAULT, Provider

WITHIN_S = 60.0


class Command(BaseCommand):
    help = (
        "Read the models of the providers, with prices, context and expiry, into the "
        "catalogue. Running workers take the prices at once."
    )
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "provider",
            nargs="*",
            help="such as openrouter; none: OpenRouter and all that are set up",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        providers = _named(options["provider"]) or _all()
        names = ", ".join(provider.name for provider in providers)
        self.stdout.write(f"Asking {names} ...")
        with refusals():
            reports = [self._told(each) for each in refresh(providers, WITHIN_S)]
        if all(report.trouble for report in reports):
            raise CommandError("No list was read. The catalogue stays as it is.")

    def _told(self, report: Report) -> Report:
        """Say what came of one provider, as it comes."""
        name = report.provider.name
        if report.trouble:
            self.stdout.write(f"{name}: {report.trouble} Its models stay as they were.")
            return report
        self.stdout.write(
            f"{name}: {report.count} models, from {report.provider.origin}."
        )
        if report.left_out:
            self.stdout.write(
                f"  {report.left_out} left out: no preset could name them."
            )
        try:
            if count := prices.keep(report.provider, report.models):
                self.stdout.write(f"  {count} prices kept for costs.")
        except OSError as error:
            self.stdout.write(
                f"  {prices.fetched()} cannot be written: {error.strerror}. "
                "The prices stay as they are."
            )
        return report


def _all() -> list[Provider]:
    """Return OpenRouter, whose lists are open to anyone, and all that are set up."""
    default: Provider = settings.AURA_PROVIDERS[DEFAULT]
    return list({p.name: p for p in (default, *configured())}.values())


def _named(names: Sequence[str]) -> list[Provider]:
    known = settings.AURA_PROVIDERS
    if unknown := [name for name in names if name not in known]:
        raise CommandError(
            f"There is no provider {unknown[0]}: use {', '.join(known)}."
        )
    return [known[name] for name in names]
