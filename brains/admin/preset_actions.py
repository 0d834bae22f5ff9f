"""What is done to presets in the list, to one or to several: activate, deactivate, delete. The
live one is never deleted."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.contrib.admin import actions as admin_actions
from django.contrib.admin.utils import unquote
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from brains import activation
from brains.admin import sentences
from brains.admin.activation_pages import activate_url, deactivate_url
from brains.errors import PresetIsLive
from brains.models import ModelPreset

if TYPE_CHECKING:
    Base = admin.ModelAdmin[ModelPreset]
else:
    Base = admin.ModelAdmin


class PresetActions(Base):
    """The actions of the list, and the ways to delete."""

    actions = ("activate_selected", "deactivate_selected", "delete_selected")

    def delete_view(
        self,
        request: HttpRequest,
        object_id: str,
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Ask before deleting; refuse for the live preset, with a sentence."""
        try:
            preset = self.get_object(request, unquote(object_id))
            if preset and self.has_delete_permission(request, preset):
                _refuse_live([preset])
            return super().delete_view(request, object_id, extra_context)
        except PresetIsLive as refusal:
            self.message_user(request, str(refusal), messages.ERROR)
            return redirect(
                reverse("admin:brains_modelpreset_change", args=[object_id])
            )

    def delete_model(self, request: HttpRequest, obj: ModelPreset) -> None:
        """Delete one; its history keeps its snapshots."""
        activation.delete_presets([obj])

    def delete_queryset(
        self, request: HttpRequest, queryset: QuerySet[ModelPreset]
    ) -> None:
        """Delete all or, when one of them is live, none."""
        activation.delete_presets(queryset)

    @admin.action(description="Activate the selected preset", permissions=["activate"])
    def activate_selected(
        self, request: HttpRequest, queryset: QuerySet[ModelPreset]
    ) -> HttpResponse | None:
        """Go to the question for the one selected preset."""
        chosen = list(queryset[:2])
        if len(chosen) == 1:
            return redirect(activate_url(chosen[0]))
        sentence = "Only one preset can be live: select one, then Activate."
        self.message_user(request, sentence, messages.WARNING)
        return None

    @admin.action(description="Deactivate the live preset", permissions=["activate"])
    def deactivate_selected(
        self, request: HttpRequest, queryset: QuerySet[ModelPreset]
    ) -> HttpResponse | None:
        """Go to the question, when the live preset is among the selected."""
        if _live_among(queryset):
            return redirect(deactivate_url())
        sentence = "None of the selected presets is live; nothing changed."
        self.message_user(request, sentence, messages.WARNING)
        return None

    @admin.action(description="Delete selected presets", permissions=["delete"])
    def delete_selected(
        self, request: HttpRequest, queryset: QuerySet[ModelPreset]
    ) -> HttpResponse | None:
        """Ask before deleting; with the live preset among them none is deleted."""
        try:
            _refuse_live(queryset)
            with transaction.atomic():  # a refusal also takes back the log entries
                return admin_actions.delete_selected(self, request, queryset)
        except PresetIsLive as refusal:
            self.message_user(
                request, f"{refusal} Nothing was deleted.", messages.ERROR
            )
            return None


def _live_among(presets: Iterable[ModelPreset]) -> ModelPreset | None:
    live_id = activation.live_preset_id()
    return next((preset for preset in presets if preset.pk == live_id), None)


def _refuse_live(presets: Iterable[ModelPreset]) -> None:
    """Say it before anything is asked; `activation` refuses again under its lock."""
    if live := _live_among(presets):
        raise PresetIsLive(sentences.refusal_to_delete(live))
