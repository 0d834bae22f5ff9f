"""The keys of scripts and CI, in the admin. What they open is `/api/`."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from brains import staff_keys
from brains.admin.key_columns import (
    RECORD,
    created,
    expires,
    hint_of,
    last_used,
    state_of,
)
from brains.admin.key_pages import KeyForm, KeyPages
from brains.staff_keys import Scope, StaffKey, scopes_text

_SCOPES_HELP = (
    "As far as you may do that too: the key acts in your name, on every request by the "
    "permissions that you have then."
)


class ScopesField(forms.MultipleChoiceField):
    """The scopes of a key, each with a box; one at least."""

    widget = forms.CheckboxSelectMultiple(attrs={"class": "aura-choices"})

    def clean(self, value: Any) -> str:
        """Return the scopes as they are kept. Raises ValidationError."""
        return scopes_text(super().clean(value))


class StaffKeyForm(KeyForm):
    """A staff key's name, scopes and expiry."""

    scopes = ScopesField(choices=Scope.choices, help_text=_SCOPES_HELP)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].help_text = "What uses it, such as deploy pipeline."


@admin.display(description="Scopes", ordering="scopes")
def scopes_of(row: StaffKey) -> str:
    """Show what it may be used for."""
    return row.scopes.replace(",", ", ")


@admin.register(StaffKey)
class StaffKeyAdmin(KeyPages):
    """Staff keys: made and shown once, renamed, revoked; the scopes stay as they are."""

    form = StaffKeyForm
    title = "Staff keys"
    snippet_template = "admin/keys/try_staff_key.html"
    columns = (state_of, "name", hint_of, scopes_of, created, expires, last_used)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Return the keys with who made each: a key's state depends on them."""
        return super().get_queryset(request).select_related("created_by")

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Ask for name, scopes and expiry; of a key that exists, show its record too."""
        if obj is None:
            return ((None, {"fields": ("name", "scopes", "expires_at")}),)
        record = {"fields": (*RECORD, scopes_of)}
        return ((None, {"fields": ("name", "expires_at")}), ("Record", record))

    def get_readonly_fields(
        self, request: HttpRequest, obj: Any = None
    ) -> tuple[Any, ...]:
        """Let the scopes stay: who changed them would act in the creator's name."""
        return (*RECORD, scopes_of) if obj else ()

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        """Leave the scopes out of the form of a key that exists."""
        if obj is not None:
            kwargs["form"] = KeyForm
        return super().get_form(request, obj, change, **kwargs)

    def make(self, row: StaffKey) -> str:
        """Save `row` as the record of a new key, and return the key."""
        return staff_keys.make(row)

    def save_change(self, row: StaffKey) -> None:
        """Save a change of its name or expiry."""
        staff_keys.save(row)

    def revoke(self, row: StaffKey) -> None:
        """Make the key dead."""
        staff_keys.revoke(row)
