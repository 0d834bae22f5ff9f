"""What a check would cost, by the catalogue's prices, and which models are too dear to be
asked. One whose price nobody knows is bounded by the number of its questions alone."""

from collections.abc import Iterator, Sequence
from decimal import Decimal

from django.conf import settings

from brains.catalogue.catalogue import Catalogue, load
from brains.catalogue.wording import dollars
from brains.preflight.findings import Finding, dear
from brains.preflight.questions import TOKENS, Question

# The question takes about 10; some servers put words of their own around it.
TOKENS_SENT = 16


def too_dear(questions: Sequence[Question]) -> Iterator[Finding]:
    """Yield a finding for each question that is not to be asked: the cheapest are, for as
    long as all of them cost less than AURA_PREFLIGHT_MAX_USD."""
    catalogue = load()
    costs = [(cost_of(question, catalogue), question) for question in questions]
    left = most = Decimal(str(settings.AURA_PREFLIGHT_MAX_USD))
    for cost, question in sorted(costs, key=lambda pair: pair[0]):
        if cost > left:
            yield dear(question, dollars(cost), dollars(most))
        else:
            left -= cost


def cost_of(question: Question, catalogue: Catalogue) -> Decimal:
    """Return what a layer's questions cost at most, in USD; 0 where no price is known."""
    listed = catalogue.find(question.model)
    if listed is None or listed.price is None:
        return Decimal(0)
    sent, answered = (Decimal(each) for each in listed.price)
    tokens = 0 if question.dimension else TOKENS
    return question.times * (sent * TOKENS_SENT + answered * tokens)
