"""What nobody may do in the admin, to be mixed into its pages, before ModelAdmin: rows that Aura
alone writes, and lists whose filters are not for addresses."""

from typing import Any

from django.http import HttpRequest


class Unedited:
    """Nobody adds a row or changes one."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody: Aura alone writes them."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody: what happened does not change."""
        return False


class Undeleted:
    """Nobody deletes a row."""

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody: they stay, or go by themselves."""
        return False


class ReadOnly(Unedited, Undeleted):
    """Rows are looked at, and no more."""


class Unfiltered:
    """The list has no filters, and an address could ask for more than the database can answer."""

    def lookup_allowed(
        self, lookup: str, value: str, request: HttpRequest | None = None
    ) -> bool:
        """None."""
        return False
