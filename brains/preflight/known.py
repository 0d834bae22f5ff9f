"""What a check must refuse whatever the models say, as far as that is known before one is
asked: a provider that is not set up, a model that is too dear to be asked."""

from django.conf import settings

from brains.layers import EMBEDDING
from brains.preflight.cost import too_dear
from brains.preflight.findings import Finding, failed, refusals_of
from brains.preflight.questions import questions_of
from brains.selection import Selection
from providers.errors import ProviderNotReady


def refused_unasked(selection: Selection) -> list[str]:
    """Return why the models of a selection cannot pass a check, each reason once; [] when
    only they can tell."""
    return refusals_of(_known(selection))


def keeps_from_re_embedding(selection: Selection) -> list[str]:
    """Return why nothing can be embedded for a selection, each reason once. Where models are
    not checked the others need not answer."""
    known = _known(selection)
    if not settings.AURA_PREFLIGHT:
        own = {f.sentence for f in known if f.layer == EMBEDDING.name}
        known = [finding for finding in known if finding.sentence in own]
    return refusals_of(known)


def _known(selection: Selection) -> list[Finding]:
    questions = questions_of(selection)
    found = {}
    if settings.AURA_PREFLIGHT:
        found = {finding.layer: finding for finding in too_dear(questions)}
    for question in questions:
        provider = question.route.provider
        if problem := provider.problem:
            error = ProviderNotReady(problem, provider=provider.name)
            found[question.layer] = failed(question, error)
    return [found[q.layer] for q in questions if q.layer in found]
