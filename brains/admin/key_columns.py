"""The columns of a list of keys in the admin: state, hint and times, and the button."""

from datetime import datetime

from django.contrib import admin
from django.db.models import Model
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from brains.admin.markup import relative, state
from brains.key_record import KeyRecord

_KINDS = {
    "valid": "good",
    "expired": "attention",
    "creator inactive": "attention",
    "revoked": "quiet",
}


def revoke_name(model: type[Model]) -> str:
    """Return the name of the page that revokes a key of this kind."""
    return f"{model._meta.app_label}_{model._meta.model_name}_revoke"


@admin.display(description="State")
def state_of(row: KeyRecord) -> SafeString:
    """Say whether the key works."""
    return state(row.state, _KINDS[row.state])


@admin.display(description="Ends with", ordering="hint")
def hint_of(row: KeyRecord) -> SafeString:
    """Show the last four characters, to tell keys apart."""
    return format_html("<code>{}</code>", row.hint)


@admin.display(description="Created", ordering="created_at")
def created(row: KeyRecord) -> SafeString:
    """Show when it was made, and by whom."""
    if row.created_by is None:
        return relative(row.created_at)
    return format_html(
        "<span>{} by {}</span>", relative(row.created_at), row.created_by
    )


@admin.display(description="Expires", ordering="expires_at")
def expires(row: KeyRecord) -> SafeString:
    """Show when it ends by itself."""
    return _time_or(row.expires_at, "never")


@admin.display(description="Last used", ordering="last_used_at")
def last_used(row: KeyRecord) -> SafeString:
    """Show when it was last seen; written now and then, not for every request."""
    return _time_or(row.last_used_at, "never")


@admin.display(description="Revoked", ordering="revoked_at")
def revoked(row: KeyRecord) -> SafeString:
    """Show when it was revoked."""
    return _time_or(row.revoked_at, "no")


@admin.display(description="Change")
def revoke_link(row: KeyRecord) -> SafeString | str:
    """Link to the question before the key is revoked."""
    if row.revoked_at:
        return ""
    return format_html(
        '<a class="button aura-button aura-second" href="{}" aria-label="Revoke {}">Revoke</a>',
        reverse(f"admin:{revoke_name(type(row))}", args=[row.pk]),
        row.name,
    )


def _time_or(moment: datetime | None, nothing: str) -> SafeString:
    if moment is None:
        return format_html('<span class="aura-quiet">{}</span>', nothing)
    return relative(moment)


RECORD = (state_of, hint_of, created, last_used, revoked)
