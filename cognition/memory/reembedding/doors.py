"""The addresses of re-embedding, for pages that link to them."""

from django.urls import reverse

LIST = "admin:cognition_reembedding_changelist"
BEGIN = "cognition_reembedding_begin"
FILL = "cognition_reembedding_fill"
STEP = "cognition_reembedding_step"


def begin_url(preset: int) -> str:
    """Return the address that begins to re-embed for a preset, by its id."""
    return reverse(f"admin:{BEGIN}", args=[preset])


def plan_url(plan: int) -> str:
    """Return the address of a plan, by its id."""
    return reverse("admin:cognition_reembedding_change", args=[plan])
