"""The keys that clients call with, in the admin. A key itself is in one answer only: the
page that its creation gives. It is never stored, logged or put in a session."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.views.decorators.debug import sensitive_variables

from gateway import keys
from gateway.admin.key_columns import COLUMNS, RECORD, REVOKE, revoke_link
from gateway.limits.fields import LayersField, PerMinuteField, UsdField
from gateway.limits.usage import usage_of
from gateway.limits.values import LIMIT_FIELDS
from gateway.models import ApiKey

if TYPE_CHECKING:
    from datetime import datetime

    from django.forms import ModelForm

    Base = admin.ModelAdmin[ApiKey]
else:
    Base = admin.ModelAdmin

LIST = "admin:gateway_apikey_changelist"
LIMITS_HEAD = (
    "Blank is no limit. What is used counts from when a limit is set. A call at a limit is "
    "refused with 429, or with 403 for its layer. A change is in force everywhere at once."
)


class KeyForm(forms.ModelForm):  # type: ignore[type-arg]
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

    def clean_expires_at(self) -> "datetime | None":
        """Refuse a new expiry that has passed: the key would be dead at once."""
        expires_at: datetime | None = self.cleaned_data["expires_at"]
        if (
            expires_at
            and "expires_at" in self.changed_data
            and expires_at <= timezone.now()
        ):
            raise ValidationError(
                "This time has passed. Give a later one; to end a key now, revoke it."
            )
        return expires_at


@admin.register(ApiKey)
class ApiKeyAdmin(Base):
    """Keys: made and shown once, renamed, limited, revoked; never deleted or seen again."""

    form = KeyForm
    list_display_links = ("name",)
    search_fields = ("name", "hint")
    actions = ("revoke_selected",)

    def get_urls(self) -> list[URLPattern]:
        """Add the page that revokes one key."""
        view = self.admin_site.admin_view(self.revoke_view)
        return [path("<int:pk>/revoke/", view, name=REVOKE), *super().get_urls()]

    def get_list_display(self, request: HttpRequest) -> tuple[Any, ...]:
        """Leave the buttons out for those who may not revoke."""
        return (
            (*COLUMNS, revoke_link) if self.has_change_permission(request) else COLUMNS
        )

    def get_fieldsets(self, request: HttpRequest, obj: ApiKey | None = None) -> Any:
        """Ask for name, expiry and limits; of a key that exists, show its record too."""
        own = {"fields": ("name", "expires_at")}
        limits = {"fields": LIMIT_FIELDS, "description": LIMITS_HEAD}
        record = (("Record", {"fields": RECORD}),) if obj else ()
        return ((None, own), ("Limits", limits), *record)

    def get_readonly_fields(
        self, request: HttpRequest, obj: ApiKey | None = None
    ) -> tuple[Any, ...]:
        """Let the record stay as it is."""
        return RECORD if obj else ()

    def has_delete_permission(
        self, request: HttpRequest, obj: ApiKey | None = None
    ) -> bool:
        """Nobody: a revoked key stays as a record."""
        return False

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the list under its own title."""
        title = {"title": "API keys"}
        return super().changelist_view(request, {**title, **(extra_context or {})})

    @sensitive_variables("key")
    def save_model(
        self, request: HttpRequest, obj: ApiKey, form: "ModelForm[ApiKey]", change: bool
    ) -> None:
        """Save a change; or make a key, which this request's answer alone will show."""
        if change:
            keys.save(obj)
            return
        obj.created_by = request.user  # type: ignore[assignment]
        key = keys.new_key()
        keys.keep(obj, key)
        request._new_key = key  # type: ignore[attr-defined]

    @sensitive_variables("key", "context")
    def response_add(
        self, request: HttpRequest, obj: ApiKey, post_url_continue: str | None = None
    ) -> HttpResponse:
        """Show the new key, once: this page is the only place where it ever is."""
        key = request._new_key  # type: ignore[attr-defined]
        context = {
            **self.admin_site.each_context(request),
            "title": f"The key for {obj.name}",
            "opts": self.opts,
            "key": key,
            "endpoint": request.build_absolute_uri("/v1/chat/completions"),
            "list_url": reverse(LIST),
        }
        response = render(request, "admin/gateway/apikey/created.html", context)
        response["Cache-Control"] = "no-store"
        return response

    def revoke_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask, then revoke one key."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        return self._revoke(request, ApiKey.objects.filter(pk=pk))

    @admin.action(description="Revoke the selected keys", permissions=["change"])
    def revoke_selected(
        self, request: HttpRequest, queryset: QuerySet[ApiKey]
    ) -> HttpResponse | None:
        """Ask, then revoke the selected keys."""
        return self._revoke(request, queryset)

    def _revoke(self, request: HttpRequest, chosen: QuerySet[ApiKey]) -> HttpResponse:
        rows = list(chosen.filter(revoked_at__isnull=True))
        if not rows:
            self.message_user(
                request, "Revoked already; nothing changed.", messages.INFO
            )
            return redirect(LIST)
        if "confirmed" not in request.POST:
            return self._ask(request, rows)
        with transaction.atomic():
            for row in rows:
                keys.revoke(row)
                self.log_change(request, row, "Revoked.")
        self.message_user(request, _after_revoking(rows))
        return redirect(LIST)

    def _ask(self, request: HttpRequest, rows: list[ApiKey]) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": f"Revoke {_named(rows)}?",
            "button": f"Revoke {_named(rows)}",
            "opts": self.opts,
            "rows": rows,
            "action": request.POST.get("action", ""),
            "list_url": reverse(LIST),
        }
        return TemplateResponse(request, "admin/gateway/apikey/revoke.html", context)


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


def _named(rows: list[ApiKey]) -> str:
    return rows[0].name if len(rows) == 1 else f"{len(rows)} keys"


def _after_revoking(rows: list[ApiKey]) -> str:
    verb, them = ("is", "it") if len(rows) == 1 else ("are", "them")
    return f"{_named(rows)} {verb} revoked: calls with {them} are refused from now on."
