"""What of a selection would not be answered, and why, as far as that is known: a provider is
not set up, or was not reached lately. Nobody is asked for it."""

from collections.abc import Mapping
from datetime import timedelta

from django.utils import timezone

from brains.catalogue.models import CatalogueSource
from brains.layers import Layer
from brains.selection import Selection
from brains.serving import can_answer, serving, standing_by
from brains.wording import ago, listed
from providers.model_list import NOT_REACHED
from providers.registry import Provider

# One that is away is asked for its models every half an hour, and a little later.
LATELY = timedelta(hours=1)


def warnings_about(
    selection: Selection, when: str = "Then", said: str = ""
) -> list[str]:
    """Return, as sentences, what of the layers would not be served, and why: its provider
    is not set up. `when` begins them; what is `said` already is left out."""
    troubles: list[tuple[str, str, list[Layer]]] = []
    for provider, layers in serving(selection):
        helped = [layer for layer in layers if can_answer(selection, layer)]
        silent = [layer for layer in layers if layer not in helped]
        troubles.append((provider.problem, "{} cannot answer", silent))
        troubles.append((provider.problem, "only fallbacks of {} can answer", helped))
    for provider, layers in standing_by(selection):
        troubles.append((provider.problem, "fallbacks of {} cannot answer", layers))
    return [
        f"{when} {what.format(listed([layer.title for layer in layers]))}. {problem}"
        for problem, what, layers in troubles
        if problem and layers and problem not in said
    ]


def not_reached() -> dict[str, str]:
    """Return a sentence for each provider, by its name, that was not reached when its models
    were to be read last, not long ago. The database is asked."""
    rows = CatalogueSource.objects.filter(
        tried_at__gte=timezone.now() - LATELY, trouble__contains=NOT_REACHED
    )
    return {row.provider: f"{row.trouble} Asked {ago(row.tried_at)}." for row in rows}


def away(selection: Selection, known: Mapping[str, str]) -> list[tuple[Provider, str]]:
    """Return the providers in use that could be called as they are set up and are `known`
    not to be reached, each with its sentence."""
    return [
        (provider, known[provider.name])
        for provider, _ in serving(selection) + standing_by(selection)
        if provider.name in known and not provider.problem
    ]
