"""`manage.py create_api_key NAME`: make a key for a client, and print it this once."""

from argparse import ArgumentParser
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from brains.management.command_line import expiry, refusals, refuse_bad_name
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
            expires_at=expiry(options["expires"]),
            **_limits(options),
        )
        refuse_bad_name(row)
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
