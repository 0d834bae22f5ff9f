"""The pages that ask before they change what is live. GET asks and changes nothing; only
the POST of the question's own form acts."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, QueryDict
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse

from brains import activation, embedding_lock
from brains.activation import Author
from brains.admin import sentences
from brains.admin.catalogue_hints import warnings_of_models
from brains.admin.differences import changes, compare, side_of
from brains.admin.effective import Standing, selection_of, standing, warnings_about
from brains.admin.forms import ConfirmForm
from brains.admin.preflight_pages import FORCE_PERMISSION, panel, pass_gate
from brains.errors import (
    EmbeddingLocked,
    PreflightFailed,
    PresetChanged,
    PresetNotFound,
)
from brains.layers import DIMENSION, EMBEDDING
from brains.models import ModelPreset

LIST = "admin:brains_modelpreset_changelist"
ACTIVATE = "brains_modelpreset_activate"
DEACTIVATE = "brains_modelpreset_deactivate"
PERMISSION = "brains.activate_modelpreset"
_TEMPLATE = "admin/brains/modelpreset/confirm.html"
_VECTOR_FIELDS = {EMBEDDING.model.field, DIMENSION.field}


def author_of(request: HttpRequest, reason: str = "") -> Author:
    """Return who makes this request, as the history names them."""
    return Author(request.user.get_username(), request.user, reason)


def activate_url(preset: ModelPreset) -> str:
    """Return the address of the page that asks before it activates `preset`."""
    return reverse(f"admin:{ACTIVATE}", args=[preset.pk])


def deactivate_url() -> str:
    """Return the address of the page that asks before it deactivates."""
    return reverse(f"admin:{DEACTIVATE}")


class ActivationPages:
    """The two pages, as the preset admin serves them."""

    def __init__(self, model_admin: "ModelAdmin[ModelPreset]") -> None:
        self._admin = model_admin

    def urls(self) -> list[URLPattern]:
        """Return their addresses, below the preset list's."""
        wrap = self._admin.admin_site.admin_view
        return [
            path("deactivate/", wrap(self._guarded(self.deactivate)), name=DEACTIVATE),
            path(
                "<int:pk>/activate/", wrap(self._guarded(self.activate)), name=ACTIVATE
            ),
        ]

    def activate(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask, then make the preset the live one."""
        preset = ModelPreset.objects.filter(pk=pk).first()
        if preset is None:
            messages.error(
                request, "That preset is gone. Choose one that is in the list."
            )
            return redirect(LIST)
        form = ConfirmForm(_posted(request), initial=_seen(preset))
        if request.method != "POST" or not form.is_valid():
            return self._ask(request, preset, form)
        try:
            return _activated(request, preset, form)
        except PreflightFailed as failed:
            messages.error(request, str(failed))
            return self._ask(request, preset, form)

    def deactivate(self, request: HttpRequest) -> HttpResponse:
        """Ask, then let no preset be live."""
        form = ConfirmForm(_posted(request), initial=_seen(None))
        if request.method != "POST" or not form.is_valid():
            return self._ask(request, None, form)
        expected = form.cleaned_data["expected_revision"]
        author = author_of(request, form.cleaned_data["reason"])
        try:
            outcome = activation.deactivate(author)
        except EmbeddingLocked as locked:
            messages.error(request, f"{locked} Nothing changed.")
            return redirect(LIST)
        _tell(
            request, outcome, sentences.after_deactivating(outcome, expected), expected
        )
        return redirect(LIST)

    def _guarded(
        self, view: Callable[..., HttpResponse]
    ) -> Callable[..., HttpResponse]:
        def guarded(request: HttpRequest, **kwargs: Any) -> HttpResponse:
            if not request.user.has_perm(PERMISSION):
                raise PermissionDenied
            if request.method not in ("GET", "HEAD", "POST"):
                return HttpResponseNotAllowed(["GET", "HEAD", "POST"])
            return view(request, **kwargs)

        return guarded

    def _ask(
        self, request: HttpRequest, preset: ModelPreset | None, form: ConfirmForm
    ) -> HttpResponse:
        context = {
            **self._admin.admin_site.each_context(request),
            **_question(preset, standing()),
            "opts": self._admin.opts,
            "form": form,
            "list_url": reverse(LIST),
            "preflight": panel(preset) if preset else None,
            "may_force": request.user.has_perm(FORCE_PERMISSION),
        }
        return TemplateResponse(request, _TEMPLATE, context)


def _question(preset: ModelPreset | None, now: Standing) -> dict[str, Any]:
    """Return what the page shows: the change value by value, and what to mind."""
    then = selection_of(preset)
    differences = compare(side_of(now.selection), side_of(then))
    changed = changes(differences)
    is_done = now.serves(preset) if preset else now.selection.preset is None
    verb = f"Activate {preset.name}" if preset else f"Deactivate {now.selection.preset}"
    return {
        "title": f"{verb}?" if not is_done else "Nothing to change",
        "button": verb,
        "preset": preset,
        "is_done": is_done,
        "sentence": (
            sentences.nothing_to_do(preset, now.activation)
            if is_done
            else sentences.question(preset, now.selection.preset, len(changed))
        ),
        "differences": differences,
        "mixes_vectors": any(d.field in _VECTOR_FIELDS for d in changed),
        "warnings": [*warnings_about(then), *warnings_of_models(then)],
        "lock": _lock(preset, now),
    }


def _lock(preset: ModelPreset | None, now: Standing) -> str:
    """Return why the lock on the embedding model forbids the change; "" when it does not."""
    before = now.activation.as_snapshot() if now.activation else None
    return embedding_lock.refusal(before, preset.snapshot() if preset else None)


def _seen(preset: ModelPreset | None) -> dict[str, Any]:
    """Return what the person is about to be shown, for the form to carry."""
    newest = activation.latest()
    return {
        "expected_revision": newest.revision if newest else 0,
        "opened_at": preset.updated_at.isoformat() if preset else "",
    }


def _posted(request: HttpRequest) -> QueryDict | None:
    return request.POST if request.method == "POST" else None


def _activated(
    request: HttpRequest, preset: ModelPreset, form: ConfirmForm
) -> HttpResponse:
    """Activate and tell. Raises PreflightFailed."""
    given = form.cleaned_data
    expected, opened_at = given["expected_revision"], given["opened_at"]
    try:
        if lock := _lock(preset, standing()):
            raise EmbeddingLocked(lock)  # before its models are asked for nothing
        forced = pass_gate(request, preset, opened_at, wants_force=given["force"])
        outcome = activation.activate(
            preset,
            author_of(request, given["reason"]),
            # What was checked is what was seen, or else what was just read.
            opened_at=opened_at or preset.updated_at.isoformat(),
            forced=forced,
        )
    except EmbeddingLocked as locked:
        messages.error(request, f"{locked} Nothing changed.")
        return redirect(activate_url(preset))
    except PresetChanged:
        messages.warning(request, sentences.edited_meanwhile(preset))
        return redirect(activate_url(preset))
    except PresetNotFound as gone:
        messages.error(request, f"{gone} Nothing changed.")
        return redirect(LIST)
    sentence = sentences.after_activating(outcome, preset, expected)
    _tell(request, outcome, sentence, expected)
    return redirect(LIST)


def _tell(
    request: HttpRequest,
    outcome: activation.Outcome,
    sentence: str,
    expected: int | None,
) -> None:
    """Show the sentence: as a warning when somebody else's change was replaced."""
    if not outcome.changed:
        messages.info(request, sentence)
    elif sentences.was_overtaken(outcome, expected):
        messages.warning(request, sentence)
    else:
        messages.success(request, sentence)
