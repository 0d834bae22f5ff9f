"""Whose mind it is. Every conversation and memory belongs to one person, and nothing of one
is ever shown to another. Clients name their people as they like; the names are written so
that no client can name a member of the staff."""

from typing import Any
from uuid import UUID

from django.contrib.auth import get_user_model

NAME_MAX = 200


class NoSuchPerson(LookupError):
    """Nobody is called that; the sentence says what was looked for."""


def of_client(user_id: str) -> str:
    """Return the person whom a client calls `user_id`."""
    return f"client:{user_id}"


def of_staff(user: Any) -> str:
    """Return the person who is signed in."""
    return f"staff:{user.pk}"


def nobody(conversation: UUID) -> str:
    """Return the person of a conversation without a name: it remembers for itself alone."""
    return f"conversation:{conversation}"


def called(name: str, *, is_staff: bool = False, is_conversation: bool = False) -> str:
    """Return the person whom a client calls `name`; or the member of the staff with that
    user name, active or not; or nobody by name, of the conversation with that id.

    Raises NoSuchPerson.
    """
    if is_staff:
        users = get_user_model()._default_manager
        user = users.filter(username=name).first() if is_text(name) else None
        if user is None:
            raise NoSuchPerson(f"There is no user {name[:NAME_MAX]!a} in the admin.")
        return of_staff(user)
    if is_conversation:
        try:
            return nobody(UUID(name))
        except ValueError:
            raise NoSuchPerson(
                f"{name[:NAME_MAX]!a} is no conversation's id."
            ) from None
    user_id = name.strip()
    if not is_text(user_id) or not 0 < len(user_id) <= NAME_MAX:
        raise NoSuchPerson(
            f"{name[:NAME_MAX]!a} is no user id: those have 1 to {NAME_MAX} characters."
        )
    return of_client(user_id)


def is_text(name: str) -> bool:
    """Say whether databases can keep this as text."""
    return "\0" not in name and not any("\ud800" <= c <= "\udfff" for c in name)


def staff_id(person: str) -> int | None:
    """Return the id of the member of the staff that a person is; None for others."""
    kind, _, pk = person.partition(":")
    return int(pk) if kind == "staff" and pk.isdecimal() else None
