"""The keys that clients call with, in the admin: what every kind of key has, and limits."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html

from brains.admin import key_pages
from brains.admin.key_columns import RECORD
from brains.admin.key_pages import KeyPages
from gateway import keys
from gateway.admin.key_columns import COLUMNS
from gateway.limits.fields import LayersField, PerMinuteField, UsdField
from gateway.limits.usage import usage_of
from gateway.limits.values import LIMIT_FIELDS
from gateway.models import ApiKey

LIMITS_HEAD = (
    "Blank is no limit. What is used counts from when a limit is set. A call at a limit is "
    "refused with 429, or with 403 for its layer. A change is in force everywhere at once."
)


class KeyForm(key_pages.KeyForm):
    """A key's name, expiry and limits. Beside each limit stands what is used of it."""

    requests_per_minute = PerMinuteField()
    tokens_per_minute = PerMinuteField()
    usd_per_day = UsdField(label="USD per day")
    usd_per_month = UsdField(label="USD per month")
    layers = LayersField()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        used = usage_of(self.instance) if self.instance.pk else {}
        for name in LIMIT_FIELDS:
            if name in self.fields:
                _explain(self.fields[name], name, used.get(name, ""))


@admin.register(ApiKey)
class ApiKeyAdmin(KeyPages):
    """Keys: made and shown once, renamed, limited, revoked; never deleted or seen again."""

    form = KeyForm
    title = "API keys"
    columns = COLUMNS
    snippet_template = "admin/keys/try_api_key.html"

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Ask for name, expiry and limits; of a key that exists, show its record too."""
        own = {"fields": ("name", "expires_at")}
        limits = {"fields": LIMIT_FIELDS, "description": LIMITS_HEAD}
        record = (("Record", {"fields": RECORD}),) if obj else ()
        return ((None, own), ("Limits", limits), *record)

    def make(self, row: ApiKey) -> str:
        """Save `row` as the record of a new key, and return the key."""
        key = keys.new_key()
        keys.keep(row, key)
        return key

    def save_change(self, row: ApiKey) -> None:
        """Save a change of its name, expiry or limits."""
        keys.save(row)

    def revoke(self, row: ApiKey) -> None:
        """Make the key dead on every worker."""
        keys.revoke(row)


def _explain(field: forms.Field, name: str, used: str) -> None:
    """Say below a limit what it counts and what is used of it."""
    text = str(getattr(ApiKey._meta.get_field(name), "help_text", ""))
    mark = format_html(' <strong class="aura-used">{}</strong>', used) if used else ""
    field.help_text = format_html("{}{}", text, mark)
    if not isinstance(field, LayersField):
        mode = "decimal" if isinstance(field, UsdField) else "numeric"
        field.widget.attrs |= {
            "placeholder": "no limit",
            "autocomplete": "off",
            "inputmode": mode,
            "class": "vTextField aura-amount",
        }
