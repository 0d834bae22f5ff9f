"""The question before a rehearsal: how many exchanges, for how much at most, and what it
would cost. GET asks nobody; the POST begins it."""

from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse

from brains import keeping
from brains.admin.doors import ASKING, View, guarded, may
from brains.admin.effective import selection_of
from brains.models import ModelPreset
from brains.selection import Selection
from brains.unanswered import warnings_about
from brains.wording import counted, listed
from cognition.admin.rehearsal_forms import CAP_USD, COUNT, StartForm
from cognition.rehearsal import running, tasks
from cognition.rehearsal.choosing import Chosen, Estimate, choose, estimate
from cognition.rehearsal.models import Rehearsal
from gateway.admin.call_wording import usd
from gateway.kept.models import KeptExchange

REHEARSE = "gateway.rehearse_keptexchange"
START = "cognition_rehearsal_start"
_PAGE = "admin/cognition/rehearsal/start.html"
_PRESETS = "admin:brains_modelpreset_changelist"


def page_url(rehearsal: int) -> str:
    """Return the address of a rehearsal's page."""
    return reverse("admin:cognition_rehearsal_change", args=[rehearsal])


class StartPage:
    """The page, as the admin of rehearsals serves it."""

    def __init__(self, model_admin: "ModelAdmin[Rehearsal]") -> None:
        self._admin = model_admin

    def door(self) -> View:
        """Return the view, for those who may."""
        return guarded(self.start, may(REHEARSE), ASKING)

    def start(self, request: HttpRequest, preset: int) -> HttpResponse:
        """Ask; by POST estimate only, or begin."""
        row = ModelPreset.objects.filter(pk=preset).first()
        if row is None:
            messages.error(request, "That preset is gone. Choose one in the list.")
            return redirect(_PRESETS)
        selection = selection_of(row)
        form = StartForm(request.POST if request.method == "POST" else None)
        chosen = _chosen(form, selection)
        costs = estimate(chosen, selection)
        if form.is_bound and _may_begin(form, costs) and "estimate" not in request.POST:
            return _begun(request, row, selection, chosen, form)
        context = {
            **self._admin.admin_site.each_context(request),
            **_question(row, selection, costs),
            "opts": self._admin.opts,
            "presets_url": reverse(_PRESETS),
            "form": form,
        }
        return TemplateResponse(request, _PAGE, context)


def _chosen(form: StartForm, selection: Selection) -> list[Chosen]:
    """Return what the form asks for; before it does, what it has at first."""
    if not form.is_bound:
        return choose(selection, COUNT, "")
    if not form.is_valid():
        return []
    return choose(selection, form.cleaned_data["count"], form.cleaned_data["layer"])


def _may_begin(form: StartForm, costs: Estimate) -> bool:
    """Say whether all is as it should be; if not, the form says why."""
    if not form.is_valid():
        return False
    cap = form.cleaned_data["cap_usd"]
    if not costs.count:
        form.add_error("layer", "No exchange of this layer is kept.")
    elif costs.usd > cap:
        form.add_error(
            "cap_usd",
            f"By the price table it would cost {_usd(costs.usd)}. Ask fewer, or raise "
            "the cap.",
        )
    return form.is_valid()


def _begun(
    request: HttpRequest,
    preset: ModelPreset,
    selection: Selection,
    chosen: list[Chosen],
    form: StartForm,
) -> HttpResponse:
    rehearsal = running.begin(
        preset,
        selection,
        chosen,
        layer=form.cleaned_data["layer"],
        cap_usd=form.cleaned_data["cap_usd"],
        user=request.user,
    )
    tasks.enqueue(rehearsal)
    return redirect(page_url(rehearsal.pk))


def _question(
    preset: ModelPreset, selection: Selection, costs: Estimate
) -> dict[str, Any]:
    past = Rehearsal.objects.filter(preset=preset)[:5]
    return {
        "title": f"Rehearse {preset.name} with real exchanges",
        "preset": preset,
        "keeping": keeping.sentence(),
        "kept_count": KeptExchange.objects.filter(is_cut=False).count(),
        "estimate": _said(costs),
        "unpriced": _unpriced(costs),
        "warnings": warnings_about(selection),
        "past": past,
        "cap": _usd(CAP_USD),
    }


def _said(costs: Estimate) -> str:
    """Say what it would cost."""
    if not costs.count:
        return ""
    what = counted(costs.count, "exchange")
    return f"{what}, about {_usd(costs.usd)} by the price table and the tokens of then."


def _unpriced(costs: Estimate) -> str:
    """Say which models have no price, and what the cap is worth then."""
    if not costs.unpriced:
        return ""
    return (
        f"Not in it: what {listed(costs.unpriced)} would cost, since price or tokens are "
        "not known; there the cap counts what the provider says."
    )


def _usd(amount: float) -> str:
    return usd(Decimal(str(round(amount, 6))))
