"""`manage.py create_api_key NAME`: make a key for a client, and print it this once."""

from argparse import ArgumentParser
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime

from brains.management.command_line import refusals
from gateway import keys
from gateway.limits.fields import PerMinuteField, UsdField, layers_typed
from gateway.models import ApiKey


@dataclass(frozen=True)
class Limit:
    """A limit as an option: its field, and how what is typed is read."""

    field: str
    metavar: str
    help: str
    read: Callable[[str], Any]


LIMITS = {
    "--rpm": Limit(
        "requests_per_minute", "N", "requests per minute", PerMinuteField().clean
    ),
    "--tpm": Limit(
        "tokens_per_minute",
        "N",
        "tokens per minute, in and out",
        PerMinuteField().clean,
    ),
    "--usd-per-day": Limit(
        "usd_per_day", "USD", "money per day of the UTC calendar", UsdField().clean
    ),
    "--usd-per-month": Limit(
        "usd_per_month", "USD", "money per month of the UTC calendar", UsdField().clean
    ),
    "--layers": Limit(
        "layers", "LIST", "the layers that it may ask for: l1,l3", layers_typed
    ),
}


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
        limits = parser.add_argument_group(
            "limits", "What is not given has no limit. Calls at a limit are refused."
        )
        for option, limit in LIMITS.items():
            limits.add_argument(option, metavar=limit.metavar, help=limit.help)

    def handle(self, *args: Any, **options: Any) -> None:
        row = ApiKey(
            name=options["name"].strip(),
            expires_at=_expiry(options["expires"]),
            **_limits(options),
        )
        _refuse_bad_name(row)
        key = keys.new_key()
        with refusals():
            keys.keep(row, key)
        # The key alone on stdout, so that a script can take it.
        self.stderr.write(f"API key {row.name!r}, shown this once:", self.style.SUCCESS)
        self.stdout.write(key)


def _limits(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a key for the limits that were given."""
    found = {}
    for option, limit in LIMITS.items():
        typed = options[option.removeprefix("--").replace("-", "_")]
        if typed is None:
            continue
        try:
            found[limit.field] = limit.read(typed)
        except ValidationError as error:
            raise CommandError(f"{option}: {' '.join(error.messages)}") from error
        if not found[limit.field]:
            raise CommandError(f"{option}: leave it out for no limit.")
    return found


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
