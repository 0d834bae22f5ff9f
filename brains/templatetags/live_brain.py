"""The box on the admin's first page that says what is live."""

from typing import Any

from django import template
from django.template import Context

from brains import keeping
from brains.admin.differences import compare, side_of
from brains.admin.effective import standing
from brains.admin.sentences import what_is_live

register = template.Library()


@register.inclusion_tag("admin/brains/live_brain.html", takes_context=True)
def live_brain(context: Context) -> dict[str, Any]:
    """Show the live preset, its revision, and what serves each layer and why."""
    now = standing()
    return {
        "activation": now.activation,
        "is_preset": now.selection.preset is not None,
        "sentence": what_is_live(now.activation),
        "keeping": keeping.sentence(),
        "may_read_kept": context["user"].has_perm("gateway.view_keptexchange"),
        "may_explain": context["user"].has_perm("brains.view_modelpreset"),
        "may_try": context["user"].has_perm("cognition.use_playground"),
        "differences": compare(None, side_of(now.selection)),
    }
