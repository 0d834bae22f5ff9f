"""Which person a command is about, as its arguments say it."""

from argparse import ArgumentParser
from collections.abc import Mapping
from typing import Any

from django.core.management.base import CommandError

from cognition import people


def add_person(parser: ArgumentParser) -> None:
    """Let a command take a person."""
    parser.add_argument(
        "user", metavar="USER_ID", help="the `user_id` that clients send for them"
    )
    kinds = parser.add_mutually_exclusive_group()
    kinds.add_argument(
        "--staff",
        action="store_true",
        help="USER_ID is the user name of somebody who signs in to the admin",
    )
    kinds.add_argument(
        "--conversation",
        action="store_true",
        help="USER_ID is the id of a conversation whose user has no name",
    )


def person_of(options: Mapping[str, Any]) -> str:
    """Return the person. Raises CommandError when nobody is called that."""
    try:
        return people.called(
            options["user"],
            is_staff=options["staff"],
            is_conversation=options["conversation"],
        )
    except people.NoSuchPerson as error:
        raise CommandError(str(error)) from None
