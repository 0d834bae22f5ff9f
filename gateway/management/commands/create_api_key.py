"""`manage.py create_api_key NAME`: make a key for a client, and print it this once."""

from argparse import ArgumentParser
from datetime import UTC, datetime, time
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime

from brains.management.command_line import refusals
from gateway import keys
from gateway.models import ApiKey


class Command(BaseCommand):
    help = "Make an API key and print it once. Only its SHA-256 is kept."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", help="who or what uses it, such as 'web app'")
        parser.add_argument(
            "--expires",
            metavar="DATE",
            help="last day of use (2027-01-31, UTC), or a moment (2027-01-31T18:00:00Z)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        row = ApiKey(
            name=options["name"].strip(), expires_at=_expiry(options["expires"])
        )
        _refuse_bad_name(row)
        key = keys.new_key()
        with refusals():
            keys.keep(row, key)
        # The key alone on stdout, so that a script can take it.
        self.stderr.write(f"API key {row.name!r}, shown this once:", self.style.SUCCESS)
        self.stdout.write(key)


def _expiry(text: str | None) -> datetime | None:
    if text is None:
        return None
    moment = _parsed(text)
    if moment is None:
        raise CommandError(f"{text[:40]!r} is no date: write it as 2027-01-31.")
    if moment <= timezone.now():
        raise CommandError(f"{text} is in the past: the key would never be valid.")
    return moment


def _parsed(text: str) -> datetime | None:
    """Read a day (to its last moment) or a moment; both in UTC unless it says otherwise."""
    try:
        if day := parse_date(text):
            return datetime.combine(day, time.max, UTC)
        moment = parse_datetime(text)
    except ValueError:
        return None
    if moment and timezone.is_naive(moment):
        return moment.replace(tzinfo=UTC)
    return moment


def _refuse_bad_name(row: ApiKey) -> None:
    try:
        row.clean_fields(exclude={"sha256", "hint", "created_by"})
    except ValidationError as error:
        raise CommandError(
            f"The name cannot be used: {' '.join(error.messages)}"
        ) from error
