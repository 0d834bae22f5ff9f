"""Whose mind it is. Every conversation and memory belongs to one person, and nothing of one
is ever shown to another. Clients name their people as they like; the names are written so
that no client can name a member of the staff."""

from typing import Any
from uuid import UUID

NAME_MAX = 200


def of_client(user_id: str) -> str:
    """Return the person whom a client calls `user_id`."""
    return f"client:{user_id}"


def of_staff(user: Any) -> str:
    """Return the person who is signed in."""
    return f"staff:{user.pk}"


def nobody(conversation: UUID) -> str:
    """Return the person of a conversation without a name: it remembers for itself alone."""
    return f"conversation:{conversation}"
