"""The pages that ask before they change what is live. GET asks and changes nothing; only
the POST of the question's own form acts."""

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse

from brains import activation, embedding_guard, embedding_lock
from brains.activation import Author
from brains.admin import sentences
from brains.admin.catalogue_hints import warnings_of_models
from brains.admin.differences import changes, compare, side_of
from brains.admin.doors import ASKING, View, guarded, may
from brains.admin.effective import Standing, selection_of, standing
from brains.admin.embedding_links import link_of, with_link
from brains.admin.forms import ActivateForm, ConfirmForm
from brains.admin.preflight_pages import FORCE_PERMISSION, panel, pass_gate
from brains.admin.return_sentences import after_activating_on_trial
from brains.admin.telling import tell
from brains.canary import rows as canaries
from brains.canary.sentences import ends_with_change
from brains.catalogue.catalogue import load
from brains.errors import (
    EmbeddingLocked,
    PreflightFailed,
    PresetChanged,
    PresetNotFound,
    VectorsInUse,
)
from brains.layers import DIMENSION, EMBEDDING
from brains.models import ModelPreset
from brains.preflight.gate import NOTHING
from brains.preview.preview import preview
from brains.preview.traffic import used
from brains.selection import Selection
from brains.trials import trial_of
from brains.unanswered import warnings_about

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
        form = ActivateForm(posted(request), initial=seen(preset))
        if request.method != "POST" or not form.is_valid():
            return self._ask(request, preset, form)
        try:
            return _activated(request, preset, form)
        except PreflightFailed:
            messages.error(
                request, f"{NOTHING} The check of its models below says why."
            )
            return self._ask(request, preset, form)

    def deactivate(self, request: HttpRequest) -> HttpResponse:
        """Ask, then let no preset be live."""
        form = ConfirmForm(posted(request), initial=seen(None))
        if request.method != "POST" or not form.is_valid():
            return self._ask(request, None, form)
        expected = form.cleaned_data["expected_revision"]
        author = author_of(request, form.cleaned_data["reason"])
        try:
            outcome = activation.deactivate(author)
        except EmbeddingLocked as locked:
            link = link_of(request, locked, None)
            messages.error(request, with_link(f"{locked} Nothing changed.", link))
            return redirect(LIST)
        sentence = sentences.after_deactivating(outcome, expected)
        tell(request, outcome, sentence, expected)
        return redirect(LIST)

    def _guarded(self, view: View) -> View:
        return guarded(view, may(PERMISSION), ASKING)

    def _ask(
        self, request: HttpRequest, preset: ModelPreset | None, form: ConfirmForm
    ) -> HttpResponse:
        context = {
            **self._admin.admin_site.each_context(request),
            **_question(request, preset, standing()),
            "opts": self._admin.opts,
            "form": form,
            "list_url": reverse(LIST),
            "may_force": request.user.has_perm(FORCE_PERMISSION),
            "question": "activate",
            "anyway": "Activate anyway",
            "busy": "Activating…",
        }
        return TemplateResponse(request, _TEMPLATE, context)


def _question(
    request: HttpRequest, preset: ModelPreset | None, now: Standing
) -> dict[str, Any]:
    """Return what the page shows: the change value by value, and what to mind."""
    lock, checked = _lock(preset, now), panel(preset) if preset else {}
    # What holds it up, or was found of its models, is not said again as a warning.
    said = str(lock) if lock else " ".join(found_by(checked))
    effect = effect_of(now.selection, selection_of(preset), said=said)
    changed = changes(effect["differences"])
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
        **effect,
        **_held_up(request, preset, lock),
        "canary_ends": ends_with_change(canaries.running()),
        "preflight": checked,
    }


def found_by(checked: dict[str, Any]) -> list[str]:
    """Return what a check found that keeps models from being live, as sentences."""
    report = checked.get("report")
    return report.refusals if report else []


def effect_of(
    now: Selection, then: Selection, when: str = "Then", said: str = ""
) -> dict[str, Any]:
    """Return what a question shows of a change: each value now and then, what to mind.
    `when` begins what would not be served; what is `said` already is not said again."""
    differences = compare(side_of(now), side_of(then))
    fields = {difference.field for difference in changes(differences)}
    return {
        "differences": differences,
        "mixes_vectors": bool(fields & _VECTOR_FIELDS),
        "preview": preview(now, then, load(), used()),
        "warnings": [*warnings_about(then, when, said), *warnings_of_models(then)],
    }


def _held_up(
    request: HttpRequest, preset: ModelPreset | None, lock: EmbeddingLocked | None
) -> dict[str, Any]:
    """Return what the page says of a change that stored vectors hold up, and its way out:
    a button (one that waits, where something is to be mended before), else a link to what
    stands in the way."""
    way = lock.way if isinstance(lock, VectorsInUse) else None
    url = embedding_guard.begin_url(preset) if preset and way and way.can_begin else ""
    is_here = bool(way and preset and way.preset == preset)
    waits = is_here and way and not way.can_begin and not way.open_url
    after = preset.snapshot() if preset else None
    link = link_of(request, lock, after, here=preset)
    return {
        "lock": lock,
        "reembed_url": url,
        "reembed_waits": waits,
        "lock_link": link,
    }


def _lock(preset: ModelPreset | None, now: Standing) -> EmbeddingLocked | None:
    """Return why stored vectors forbid the change; None when they do not."""
    before = now.activation.as_snapshot() if now.activation else None
    return embedding_lock.refusal(before, preset.snapshot() if preset else None)


def seen(preset: ModelPreset | None) -> dict[str, Any]:
    """Return what the person is about to be shown, for the form to carry."""
    newest = activation.latest()
    return {
        "expected_revision": newest.revision if newest else 0,
        "opened_at": preset.updated_at.isoformat() if preset else "",
    }


def posted(request: HttpRequest) -> QueryDict | None:
    """Return what the question's own form sent; None when it is only asked for."""
    return request.POST if request.method == "POST" else None


def _activated(
    request: HttpRequest, preset: ModelPreset, form: ConfirmForm
) -> HttpResponse:
    """Activate and tell. Raises PreflightFailed."""
    given = form.cleaned_data
    expected, opened_at = given["expected_revision"], given["opened_at"]
    try:
        if lock := _lock(preset, standing()):
            raise lock  # before its models are asked for nothing
        forced = pass_gate(request, preset, opened_at, wants_force=given["force"])
        outcome = activation.activate(
            preset,
            author_of(request, given["reason"]),
            # What was checked is what was seen, or else what was just read.
            opened_at=opened_at or preset.updated_at.isoformat(),
            forced=forced,
            trial=timedelta(minutes=given["minutes"]),
        )
    except EmbeddingLocked as locked:
        is_shown = _lock(preset, standing()) is not None
        why = "What holds it up stands below." if is_shown else str(locked)
        messages.error(request, f"{NOTHING} {why}")
        return redirect(activate_url(preset))
    except PresetChanged:
        messages.warning(request, sentences.edited_meanwhile(preset))
        return redirect(activate_url(preset))
    except PresetNotFound as gone:
        messages.error(request, f"{gone} Nothing changed.")
        return redirect(LIST)
    sentence = sentences.after_activating(outcome, preset, expected)
    sentence = after_activating_on_trial(sentence, trial_of(outcome.activation))
    tell(request, outcome, sentence, expected)
    return redirect(LIST)
