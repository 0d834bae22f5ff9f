"""The columns of the key list in the admin: state, hint, limits and times, and the button."""

from datetime import datetime

from django.contrib import admin
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from brains.admin.markup import relative, state
from gateway.limits.usage import in_short
from gateway.models import ApiKey

REVOKE = "gateway_apikey_revoke"
_KINDS = {"valid": "good", "expired": "attention", "revoked": "quiet"}


@admin.display(description="State")
def state_of(row: ApiKey) -> SafeString:
    """Say whether the key works."""
    return state(row.state, _KINDS[row.state])


@admin.display(description="Ends with", ordering="hint")
def hint_of(row: ApiKey) -> SafeString:
    """Show the last four characters, to tell keys apart."""
    return format_html("<code>{}</code>", row.hint)


@admin.display(description="Limits")
def limits_of(row: ApiKey) -> SafeString | str:
    """Show what it may use."""
    return in_short(row) or format_html('<span class="aura-quiet">{}</span>', "none")


@admin.display(description="Created", ordering="created_at")
def created(row: ApiKey) -> SafeString:
    """Show when it was made, and by whom."""
    if row.created_by is None:
        return relative(row.created_at)
    return format_html("{} by {}", relative(row.created_at), row.created_by)


@admin.display(description="Expires", ordering="expires_at")
def expires(row: ApiKey) -> SafeString:
    """Show when it ends by itself."""
    return _time_or(row.expires_at, "never")


@admin.display(description="Last used", ordering="last_used_at")
def last_used(row: ApiKey) -> SafeString:
    """Show when it was last seen; written every few seconds."""
    return _time_or(row.last_used_at, "never")


@admin.display(description="Revoked", ordering="revoked_at")
def revoked(row: ApiKey) -> SafeString:
    """Show when it was revoked."""
    return _time_or(row.revoked_at, "no")


@admin.display(description="Change")
def revoke_link(row: ApiKey) -> SafeString | str:
    """Link to the question before the key is revoked."""
    if row.revoked_at:
        return ""
    return format_html(
        '<a class="button aura-button aura-second" href="{}" aria-label="Revoke {}">Revoke</a>',
        reverse(f"admin:{REVOKE}", args=[row.pk]),
        row.name,
    )


def _time_or(moment: datetime | None, nothing: str) -> SafeString:
    if moment is None:
        return format_html('<span class="aura-quiet">{}</span>', nothing)
    return relative(moment)


RECORD = (state_of, hint_of, created, last_used, revoked)
COLUMNS = (state_of, "name", hint_of, limits_of, created, expires, last_used)
