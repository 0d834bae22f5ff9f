"""The columns of the list of clients' keys in the admin: those that every kind of key has, and
the limits."""

from django.contrib import admin
from django.utils.html import format_html
from django.utils.safestring import SafeString

from brains.admin.key_columns import created, expires, hint_of, last_used, state_of
from gateway.limits.usage import in_short
from gateway.models import ApiKey


@admin.display(description="Limits")
def limits_of(row: ApiKey) -> SafeString | str:
    """Show what it may use."""
    return in_short(row) or format_html('<span class="aura-quiet">{}</span>', "none")


COLUMNS = (state_of, "name", hint_of, limits_of, created, expires, last_used)
