"""The bar that says what is on trial, for how long still, and lets operators end that."""

from typing import Any

from django import template
from django.template import Context

from brains.admin.doors import CONFIRM, ROLL_BACK
from brains.trials import on_trial

register = template.Library()


@register.inclusion_tag("brains/trial_bar.html", takes_context=True)
def trial_bar(context: Context, back: str = "") -> dict[str, Any]:
    """Show the bar to staff while something is on trial; `back` is where its buttons lead
    to, when that is not this page."""
    request = context.get("request")
    user = getattr(request, "user", None)
    if request is None or not (user and user.is_active and user.is_staff):
        return {}
    return {
        "trial": on_trial(),
        "back": back or request.get_full_path(),
        "may_confirm": user.has_perm(CONFIRM),
        "may_revert": user.has_perm(ROLL_BACK),
    }
