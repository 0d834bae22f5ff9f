"""The presets in the admin: the list, the form, and what may be done from them. What is
effective changes only through `brains/activation.py`."""

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.db import IntegrityError
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseRedirect,
    JsonResponse,
)
from django.shortcuts import redirect
from django.urls import URLPattern, path

from brains import activation, attention, live
from brains.admin import sentences
from brains.admin.activation_pages import (
    PERMISSION,
    ActivationPages,
    activate_url,
    author_of,
)
from brains.admin.canary_pages import CanaryPages
from brains.admin.catalogue_hints import complete, warnings_of
from brains.admin.closed import Unfiltered
from brains.admin.compare_presets_page import ComparePresetsPage
from brains.admin.doors import READING, guarded
from brains.admin.effective import standing, troubles_now
from brains.admin.embedding_links import leads_to_activate
from brains.admin.explain_page import ExplainPage
from brains.admin.export_page import ExportPage
from brains.admin.forms import CHAT_LIST, EMBEDDING_LIST, PresetForm
from brains.admin.gated_forms import (
    PAST,
    ForceableForm,
    GatedForm,
    ask_first,
    is_gated,
)
from brains.admin.inheritance import CHAT_FIELDS, EMBEDDING_FIELDS, suggestions
from brains.admin.preflight_pages import (
    PreflightPages,
    edit_panel,
    may_check,
    may_force,
)
from brains.admin.preset_actions import PresetActions
from brains.admin.preset_columns import COLUMNS, act, with_marks
from brains.admin.telling import tell
from brains.canary import rows as canaries
from brains.canary.sentences import ends_with_change
from brains.canary.split import shown_percent
from brains.catalogue.catalogue import load
from brains.errors import EmbeddingLocked, PresetChanged
from brains.layers import DIMENSION, EMBEDDING, LAYERS, Layer
from brains.models import ModelPreset
from brains.preferred import tallies

if TYPE_CHECKING:
    from django.contrib.admin.options import _FieldOpts

Fieldset = tuple[str | None, "_FieldOpts"]

_OWN_FIELDS: Fieldset = (None, {"fields": ("name", "description", "slug")})


def _fields_of(layer: Layer) -> Fieldset:
    second = DIMENSION if layer is EMBEDDING else layer.fallback
    fields = tuple(value.field for value in (layer.model, second) if value)
    options: _FieldOpts = {"fields": fields, "description": layer.purpose}
    return f"{layer.title} · {layer.role}", options


@admin.register(ModelPreset)
class PresetAdmin(Unfiltered, PresetActions):
    """Presets: which one is live, what each would resolve to, and their form."""

    form = PresetForm
    list_display_links = None  # the name column links by itself
    search_fields = ("name", "slug", "description", *CHAT_FIELDS, *EMBEDDING_FIELDS)
    fieldsets = (_OWN_FIELDS, *map(_fields_of, LAYERS))

    def get_urls(self) -> list[URLPattern]:
        """Add the pages that activate, deactivate, check and explain, those of a canary, the
        one that compares two presets, the file of all, and what completes model ids."""
        models = guarded(self.models_view, self.has_view_permission, READING)
        return [
            path(
                "models/",
                self.admin_site.admin_view(models),
                name="brains_modelpreset_models",
            ),
            *ActivationPages(self).urls(),
            *PreflightPages(self).urls(),
            *ExplainPage(self).urls(),
            *CanaryPages(self).urls(),
            *ComparePresetsPage(self).urls(),
            *ExportPage(self).urls(),
            *super().get_urls(),
        ]

    def models_view(self, request: HttpRequest) -> JsonResponse:
        """Answer with the models of the catalogue that fit what is typed in a field."""
        return complete(request)

    def get_queryset(self, request: HttpRequest) -> QuerySet[ModelPreset]:
        """Return the presets, each with what the list says of its past."""
        return with_marks(super().get_queryset(request))

    def get_list_display(self, request: HttpRequest) -> tuple[Any, ...]:
        """Leave the buttons out for those who may not use them."""
        return (*COLUMNS, act) if self.has_activate_permission(request) else COLUMNS

    def has_activate_permission(self, request: HttpRequest) -> bool:
        """Say whether this user may change which preset is live."""
        return request.user.has_perm(PERMISSION)

    def has_view_permission(
        self, request: HttpRequest, obj: ModelPreset | None = None
    ) -> bool:
        """Who may activate a preset may also see it."""
        may_view = super().has_view_permission(request, obj)
        return may_view or self.has_activate_permission(request)

    def has_change_permission(
        self, request: HttpRequest, obj: ModelPreset | None = None
    ) -> bool:
        """An edit of the live preset changes what is live: that needs the permission to."""
        may_change = super().has_change_permission(request, obj)
        if obj is None or not may_change or self.has_activate_permission(request):
            return may_change
        return obj.pk != activation.live_preset_id()

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the list below a line that says what is live."""
        effective, canary = standing(), canaries.running()
        now = effective.activation
        head = {
            "troubles": troubles_now(effective.selection),
            "attention": attention.known(live.current()),
            "canary": canary,
            "canary_share": shown_percent(canary.percent) if canary else "",
            "may_activate": self.has_activate_permission(request),
            "title": "Presets",
            "live_sentence": sentences.what_is_live(now),
            "live": now if now and now.preset_name else None,
        }
        return super().changelist_view(request, {**head, **(extra_context or {})})

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show or save the form. When another save was faster between the check of the
        form and the lock, the form is checked again: now it sees the other one, and says so."""
        context = {**self._form_context(request, object_id), **(extra_context or {})}
        if request.method == "POST" and object_id:
            ask_first(self, request, unquote(object_id))
        try:
            answer = super().changeform_view(request, object_id, form_url, context)
        except (PresetChanged, EmbeddingLocked, IntegrityError):
            answer = super().changeform_view(request, object_id, form_url, context)
        if told := getattr(request, "_saved_live", None):
            tell(request, *told)  # here its transaction is over, and workers can see it
        return answer

    def get_form(
        self,
        request: HttpRequest,
        obj: ModelPreset | None = None,
        change: bool = False,
        **kwargs: Any,
    ) -> type["ModelForm[ModelPreset]"]:
        """For the live preset, want that its models have answered."""
        if is_gated(obj):
            may = may_force(request)
            kwargs.setdefault("form", ForceableForm if may else GatedForm)
        form = super().get_form(request, obj, change=change, **kwargs)
        form.request = request  # type: ignore[attr-defined]
        return form

    def get_fieldsets(
        self, request: HttpRequest, obj: ModelPreset | None = None
    ) -> Any:
        """Add the way past the check, for those who may and where it stands."""
        fieldsets = super().get_fieldsets(request, obj)
        return [*fieldsets, PAST] if is_gated(obj) and may_force(request) else fieldsets

    def save_model(
        self,
        request: HttpRequest,
        obj: ModelPreset,
        form: "ModelForm[ModelPreset]",
        change: bool,
    ) -> None:
        """Save; for a live preset that is a new revision, which the person is told."""
        given = form.cleaned_data
        outcome = activation.save_preset(
            obj,
            author_of(request, given.get("edit_reason", "")),
            opened_at=given.get("opened_at") or None,
            forced=given.get("force", False),
        )
        if outcome.changed and outcome.activation:
            sentence = sentences.after_saving_live(obj, outcome.activation)
            request._saved_live = (outcome, sentence)  # type: ignore[attr-defined]
        for warning in warnings_of(obj):
            self.message_user(request, f"Saved. {warning}", messages.WARNING)

    def response_post_save_add(
        self, request: HttpRequest, obj: ModelPreset
    ) -> HttpResponseRedirect:
        """Go on to Activate, where the form was opened on the way there."""
        if not leads_to_activate(request) or not self.has_activate_permission(request):
            return super().response_post_save_add(request, obj)
        return redirect(activate_url(obj))

    def _form_context(
        self, request: HttpRequest, object_id: str | None
    ) -> dict[str, Any]:
        now = standing().activation
        is_live = bool(now and object_id and str(now.preset_id) == object_id)
        return {
            "is_live": is_live,
            "leads_on": leads_to_activate(request),
            "live": now,
            "canary_ends": ends_with_change(canaries.running()) if is_live else "",
            "catalogue": load().said,
            # Asked by the page itself, which there is only for a preset that there is.
            "tallies": lambda: tallies(int(object_id)) if object_id else (),
            "may_activate": self.has_activate_permission(request),
            "may_check": may_check(request),
            "preflight": edit_panel(now.preset_id)
            if is_live and now and now.preset_id and settings.AURA_PREFLIGHT
            else None,
            "suggestions": {
                CHAT_LIST: suggestions(CHAT_FIELDS),
                EMBEDDING_LIST: suggestions(EMBEDDING_FIELDS),
            },
        }
