"""What the pages of every kind of key share: a key is made and shown once, renamed, revoked,
and never deleted or seen again. It is in one answer only: the page that its creation gives;
never stored, logged or put in a session."""

from datetime import datetime
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
from django.views.decorators.debug import sensitive_variables

from brains.admin.closed import Undeleted
from brains.admin.key_columns import RECORD, revoke_link, revoke_name
from brains.key_record import KeyRecord

if TYPE_CHECKING:
    from django.forms import ModelForm

    Base = admin.ModelAdmin[KeyRecord]
else:
    Base = admin.ModelAdmin


class KeyForm(forms.ModelForm):  # type: ignore[type-arg]
    """The name and expiry of a key."""

    def clean_expires_at(self) -> datetime | None:
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


class KeyPages(Undeleted, Base):
    """The pages of one kind of key, whose admin says what is special about it: the columns,
    how a key is made, saved and revoked, and a command to try it."""

    title = ""
    columns: tuple[Any, ...] = ()
    snippet_template = ""
    list_display_links = ("name",)
    search_fields = ("name", "hint")
    actions = ("revoke_selected",)
    change_form_template = "admin/keys/change_form.html"

    def make(self, row: Any) -> str:
        """Save `row` as the record of a new key, and return the key."""
        raise NotImplementedError

    def save_change(self, row: Any) -> None:
        """Save a change of the record of a key."""
        raise NotImplementedError

    def revoke(self, row: Any) -> None:
        """Make a key dead."""
        raise NotImplementedError

    def get_urls(self) -> list[URLPattern]:
        """Add the page that revokes one key."""
        view, name = (
            self.admin_site.admin_view(self.revoke_view),
            revoke_name(self.model),
        )
        return [path("<int:pk>/revoke/", view, name=name), *super().get_urls()]

    def get_list_display(self, request: HttpRequest) -> tuple[Any, ...]:
        """Leave the buttons out for those who may not revoke."""
        may_revoke = self.has_change_permission(request)
        return (*self.columns, revoke_link) if may_revoke else self.columns

    def get_readonly_fields(
        self, request: HttpRequest, obj: Any = None
    ) -> tuple[Any, ...]:
        """Let the record stay as it is."""
        return RECORD if obj else ()

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the list under its own title."""
        title = {"title": self.title}
        return super().changelist_view(request, {**title, **(extra_context or {})})

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show or save the form, with the name of the page that revokes the key."""
        revoke = {"revoke_name": f"admin:{revoke_name(self.model)}"}
        context = {**revoke, **(extra_context or {})}
        return super().changeform_view(request, object_id, form_url, context)

    @sensitive_variables("key")
    def save_model(
        self, request: HttpRequest, obj: Any, form: "ModelForm[Any]", change: bool
    ) -> None:
        """Save a change; or make a key, which this request's answer alone will show."""
        if change:
            self.save_change(obj)
            return
        obj.created_by = request.user
        key = self.make(obj)
        request._new_key = key  # type: ignore[attr-defined]

    @sensitive_variables("key", "context")
    def response_add(
        self, request: HttpRequest, obj: Any, post_url_continue: str | None = None
    ) -> HttpResponse:
        """Show the new key, once: this page is the only place where it ever is."""
        key = request._new_key  # type: ignore[attr-defined]
        context = {
            **self._context(request),
            "title": f"The key for {obj.name}",
            "key": key,
            "site": request.build_absolute_uri("/").rstrip("/"),
            "snippet_template": self.snippet_template,
        }
        response = render(request, "admin/keys/created.html", context)
        response["Cache-Control"] = "no-store"
        return response

    def revoke_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask, then revoke one key."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        return self._revoke(request, self.model._default_manager.filter(pk=pk))

    @admin.action(description="Revoke the selected keys", permissions=["change"])
    def revoke_selected(
        self, request: HttpRequest, queryset: QuerySet[Any]
    ) -> HttpResponse | None:
        """Ask, then revoke the selected keys."""
        return self._revoke(request, queryset)

    def _revoke(self, request: HttpRequest, chosen: QuerySet[Any]) -> HttpResponse:
        rows = list(chosen.filter(revoked_at__isnull=True))
        if not rows:
            self.message_user(
                request, "Revoked already; nothing changed.", messages.INFO
            )
            return redirect(self._list_url())
        if "confirmed" not in request.POST:
            return self._ask(request, rows)
        with transaction.atomic():
            for row in rows:
                self.revoke(row)
                self.log_change(request, row, "Revoked.")
        self.message_user(request, _after_revoking(rows))
        return redirect(self._list_url())

    def _ask(self, request: HttpRequest, rows: list[Any]) -> HttpResponse:
        context = {
            **self._context(request),
            "title": f"Revoke {_named(rows)}?",
            "button": f"Revoke {_named(rows)}",
            "rows": rows,
            "action": request.POST.get("action", ""),
        }
        return TemplateResponse(request, "admin/keys/revoke.html", context)

    def _context(self, request: HttpRequest) -> dict[str, Any]:
        return {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "list_url": self._list_url(),
        }

    def _list_url(self) -> str:
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist")


def _named(rows: list[Any]) -> str:
    return str(rows[0].name) if len(rows) == 1 else f"{len(rows)} keys"


def _after_revoking(rows: list[Any]) -> str:
    verb, them = ("is", "it") if len(rows) == 1 else ("are", "them")
    return f"{_named(rows)} {verb} revoked: calls with {them} are refused from now on."
