"""`manage.py create_staff_key NAME --scopes read,activate`: make a key for `/api/`, and print
it this once."""

from argparse import ArgumentParser
from typing import Any

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from brains import staff_keys
from brains.management.command_line import expiry, refusals, refuse_bad_name
from brains.staff_keys import Scope, StaffKey


class Command(BaseCommand):
    help = "Make a staff key for /api/ and print it once. Only its SHA-256 is kept."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", help="what uses it, such as 'deploy pipeline'")
        parser.add_argument(
            "--scopes",
            metavar="LIST",
            required=True,
            help=f"what it may be used for: some of {','.join(Scope.values)}",
        )
        parser.add_argument(
            "--user",
            metavar="NAME",
            help="whose permissions it has; needed when there are several superusers",
        )
        parser.add_argument(
            "--expires",
            metavar="DATE",
            help="last day of use (2027-01-31, UTC), or a moment (2027-01-31T18:00:00Z)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        with refusals():
            row = StaffKey(
                name=options["name"].strip(),
                scopes=_scopes(options["scopes"]),
                expires_at=expiry(options["expires"]),
                created_by=_creator(options["user"]),
            )
            refuse_bad_name(row)
            key = staff_keys.make(row)
        # The key alone on stdout, so that a script can take it.
        note = f"Staff key {row.name!r} of {row.created_by}, shown this once:"
        self.stderr.write(note, self.style.SUCCESS)
        self.stdout.write(key)


def _scopes(text: str) -> str:
    try:
        return staff_keys.scopes_typed(text)
    except ValidationError as error:
        raise CommandError(f"--scopes: {' '.join(error.messages)}") from error


def _creator(name: str | None) -> Any:
    """Return the person in whose name the key will act: the only superuser, unless named."""
    staff = get_user_model()._default_manager.filter(is_active=True, is_staff=True)
    if name is not None:
        user = staff.filter(username=name).first()
        if user is None:
            raise CommandError(f"--user: {name[:40]!r} is no active member of staff.")
        return user
    superusers = list(staff.filter(is_superuser=True)[:2])
    if len(superusers) != 1:
        count = "several superusers" if superusers else "no superuser"
        raise CommandError(f"There is {count}: say with --user whose key it will be.")
    return superusers[0]
