"""The page that asks before going back to an earlier revision, and the two buttons of a
trial. GET changes nothing; the buttons act by POST alone."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.http import url_has_allowed_host_and_scheme

from brains import activation, embedding_lock, live
from brains.activation import Outcome
from brains.admin.activation_pages import (
    author_of,
    effect_of,
    found_by,
    posted,
    seen,
)
from brains.admin.differences import changes
from brains.admin.doors import (
    ACTING,
    ASKING,
    CONFIRM,
    READING,
    ROLL_BACK,
    ROLL_BACK_CHECK,
    ROLL_BACK_PAGE,
    ROLL_BACK_PROGRESS,
    View,
    guarded,
    may,
)
from brains.admin.effective import Standing, standing
from brains.admin.embedding_links import link_of, with_link
from brains.admin.forms import ConfirmForm
from brains.admin.preflight_pages import let_through, may_force
from brains.admin.return_sentences import (
    after_confirming,
    after_reverting,
    after_rolling_back,
    nothing_to_roll_back,
    question_of_roll_back,
)
from brains.admin.revision_check import (
    check,
    panel_of_revision,
    progress,
    why_unasked,
)
from brains.admin.telling import tell
from brains.canary import rows as canaries
from brains.canary.sentences import ends_with_change
from brains.errors import BrainError, PreflightFailed
from brains.models import Activation
from brains.preflight.gate import NOTHING
from brains.selection import Snapshot, resolve
from brains.trials import named

if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin

HISTORY = "admin:brains_activation_changelist"
_TEMPLATE = "admin/brains/activation/roll_back.html"


class TrialForm(forms.Form):
    """What the bar of a trial sends: the revision it named, and the page it stood on."""

    revision = forms.IntegerField(min_value=1)
    back = forms.CharField(required=False)


class RollBackPages:
    """The question and the two buttons, as the history's admin serves them."""

    def __init__(self, model_admin: "ModelAdmin[Activation]") -> None:
        self._admin = model_admin

    def urls(self) -> list[URLPattern]:
        """Return their addresses, below the history's."""
        return [
            path(
                "<int:revision>/roll-back/",
                self._door(self.roll_back, ROLL_BACK, ASKING),
                name=ROLL_BACK_PAGE,
            ),
            path(
                "<int:revision>/roll-back/check/",
                self._door(check, ROLL_BACK, ACTING),
                name=ROLL_BACK_CHECK,
            ),
            path(
                "<int:revision>/roll-back/check/progress/",
                self._door(progress, ROLL_BACK, READING),
                name=ROLL_BACK_PROGRESS,
            ),
            path(
                "trial/confirm/",
                self._door(self.confirm, CONFIRM, ACTING),
                name="brains_activation_confirm",
            ),
            path(
                "trial/revert/",
                self._door(self.revert, ROLL_BACK, ACTING),
                name="brains_activation_revert",
            ),
        ]

    def roll_back(self, request: HttpRequest, revision: int) -> HttpResponse:
        """Ask, then make what a revision had live again."""
        target = Activation.objects.filter(revision=revision).first()
        if target is None:
            messages.error(request, f"There is no revision {revision}.")
            return redirect(HISTORY)
        form = ConfirmForm(posted(request), initial=seen(None))
        if request.method != "POST" or not form.is_valid():
            return self._ask(request, target, form)
        expected = form.cleaned_data["expected_revision"]
        author = author_of(request, form.cleaned_data["reason"])
        force = form.cleaned_data["force"]
        try:
            embedding_lock.refuse_now(target.as_snapshot())
            forced = let_through(request, target.as_snapshot(), wants_force=force)
            outcome = activation.roll_back(revision, author, forced=forced)
        except PreflightFailed:
            below = f"{NOTHING} The check of its models below says why."
            messages.error(request, below)
            return self._ask(request, target, form)
        except BrainError as refused:
            link = link_of(request, refused, target.as_snapshot())
            messages.error(request, with_link(f"{refused} Nothing changed.", link))
            return redirect(HISTORY)
        sentence = after_rolling_back(outcome, target, expected)
        tell(request, outcome, sentence, expected)
        return redirect(HISTORY)

    def confirm(self, request: HttpRequest) -> HttpResponse:
        """Let the trial that was named stay, if it is still the one that is live."""
        revision = _revision_in(request)
        outcome = activation.confirm(author_of(request), revision=revision)
        return _answered(request, outcome, after_confirming(outcome, revision))

    def revert(self, request: HttpRequest) -> HttpResponse:
        """Go back from the trial that was named, if it is still the one that is live."""
        revision = _revision_in(request)
        try:
            outcome = activation.revert(author_of(request), revision=revision)
        except BrainError as refused:
            messages.error(request, f"{refused} Nothing changed.")
            return redirect(_back(request))
        return _answered(request, outcome, after_reverting(outcome, revision))

    def _door(self, view: View, permission: str, methods: tuple[str, ...]) -> View:
        wrap = self._admin.admin_site.admin_view
        return wrap(guarded(view, may(permission), methods))

    def _ask(
        self, request: HttpRequest, target: Activation, form: ConfirmForm
    ) -> HttpResponse:
        question = _question(target, standing())
        context = {
            **self._admin.admin_site.each_context(request),
            **question,
            "lock_link": link_of(request, question["lock"], target.as_snapshot()),
            "opts": self._admin.opts,
            "form": form,
            "list_url": reverse(HISTORY),
            "back_to": "history",
            "may_force": may_force(request),
            "question": "back",
            "anyway": "Go back anyway",
            "busy": "Going back…",
        }
        return TemplateResponse(request, _TEMPLATE, context)


def _question(target: Activation, now: Standing) -> dict[str, Any]:
    """Return what the page shows: the change value by value, and what to mind."""
    then = resolve(target.as_snapshot(), live.ladder(), revision=target.revision)
    lock = embedding_lock.refusal(_snapshot(now.activation), _snapshot(target))
    checked = panel_of_revision(target, now.activation)
    said = str(lock) if lock else " ".join(found_by(checked))
    effect = effect_of(now.selection, then, said=said)
    changed = len(changes(effect["differences"]))
    is_done = bool(
        now.activation
        and not now.activation.is_on_trial
        and activation.has_same(now.activation, target)
    )
    return {
        "title": f"Go back to {named(target)}?" if not is_done else "Nothing to change",
        "button": f"Go back to revision {target.revision}",
        "is_done": is_done,
        "lock": lock,
        "sentence": (
            nothing_to_roll_back(target, now.activation)
            if is_done and now.activation
            else question_of_roll_back(target, now.activation, changed)
        ),
        **effect,
        "canary_ends": ends_with_change(canaries.running()),
        "preflight": checked,
        "unasked": "" if checked else why_unasked(target),
    }


def _snapshot(entry: Activation | None) -> Snapshot | None:
    return entry.as_snapshot() if entry else None


def _revision_in(request: HttpRequest) -> int:
    """Return the revision that the button was about; 0, which none has, for no number."""
    form = TrialForm(request.POST)
    form.is_valid()
    revision: int = form.cleaned_data.get("revision", 0)
    return revision


def _answered(request: HttpRequest, outcome: Outcome, sentence: str) -> HttpResponse:
    """Say what a button did, on the page where it was pressed."""
    if outcome.changed:
        tell(request, outcome, sentence)
    else:
        messages.warning(request, sentence)
    return redirect(_back(request))


def _back(request: HttpRequest) -> str:
    back = request.POST.get("back", "")
    is_ours = url_has_allowed_host_and_scheme(
        back, {request.get_host()}, require_https=request.is_secure()
    )
    return back if is_ours else reverse("admin:index")
