"""Pages about another embedding model: where they are, and whether one leads to another."""

from django.http import HttpResponse
from django.urls import reverse
from django.utils.html import escape

from brains.models import ModelPreset


def page_of(preset: ModelPreset) -> str:
    """Return where a preset is activated."""
    return reverse("admin:brains_modelpreset_activate", args=[preset.pk])


def begin_of(preset: ModelPreset) -> str:
    """Return where re-embedding begins for a preset."""
    return reverse("admin:cognition_reembedding_begin", args=[preset.pk])


def links(page: HttpResponse, to: str) -> bool:
    """Say whether a page has a link, or a sentence, in it."""
    text = page.content.decode()
    return escape(to) in text or to in text
