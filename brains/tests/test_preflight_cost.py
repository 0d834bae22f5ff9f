"""A check asks no more than it may cost, by the catalogue's prices."""

from decimal import Decimal

import pytest

from brains.catalogue.catalogue import Catalogue
from brains.preflight.cost import cost_of
from brains.preflight.findings import TOO_DEAR, State
from brains.preflight.questions import questions_of
from brains.tests.cataloguing import listed, read
from brains.tests.checking import EMBEDDING, L1, L2, L3, asked, checked, selection
from brains.tests.status_reader import registry

pytestmark = pytest.mark.django_db
DEAR = ("0.0015", "0.006")  # $0.12 for one question of 16 tokens each way


@pytest.fixture(autouse=True)
def _served(settings, upstream):
    settings.AURA_PROVIDERS = registry(url=upstream.url)
    settings.AURA_PREFLIGHT_MAX_USD = 0.10


def priced(model, price):
    return listed(model, price=price)


def refusals(report):
    return {f.layer: f.code for f in report.findings if f.state is State.FAILS}


def test_models_at_their_usual_price_are_asked(upstream):
    read(*(priced(model, ("0.000015", "0.000075")) for model in (L1, L2, L3)))

    assert checked().has_passed and len(upstream.requests) == 8


def test_a_model_that_is_too_dear_is_not_asked_and_the_others_are(upstream):
    read(priced(L2, DEAR))

    report = checked()

    assert refusals(report) == {"l2": TOO_DEAR}
    assert asked(upstream) == {L1: 5, L3: 1, EMBEDDING: 1}
    assert report.refusals == [
        "L2 (test/l2): It was not asked: its questions would cost about $0.12, and those "
        "of one check may cost $0.10 (AURA_PREFLIGHT_MAX_USD)."
    ]


def test_together_they_cost_no_more_than_one_may(upstream, settings):
    price = ("0.0005", "0.001")  # $0.024 a question
    read(*(priced(model, price) for model in (L1, L2, L3)))

    report = checked()

    assert refusals(report) == {"l1": TOO_DEAR}  # five of them
    assert asked(upstream) == {L2: 1, L3: 1, EMBEDDING: 1}
    settings.AURA_PREFLIGHT_MAX_USD = 0.17
    assert checked().has_passed


def test_where_the_price_is_not_known_they_are_asked(upstream, settings):
    settings.AURA_PREFLIGHT_MAX_USD = 0

    assert checked().has_passed and len(upstream.requests) == 8


def test_with_nothing_to_spend_no_model_with_a_price_is_asked(upstream, settings):
    settings.AURA_PREFLIGHT_MAX_USD = 0
    read(*(priced(model, DEAR) for model in (L1, L2, L3, EMBEDDING)))

    assert len(refusals(checked())) == 4 and upstream.requests == []


def test_a_vector_costs_what_is_sent_alone():
    *_, question = questions_of(selection())
    catalogue = Catalogue({EMBEDDING: priced(EMBEDDING, ("0.001", "5"))})

    assert cost_of(question, catalogue) == Decimal("0.016")
