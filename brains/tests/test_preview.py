"""Before a change people are told what it would mean."""

import pytest
from django.urls import reverse

from brains import activation
from brains.catalogue.catalogue import Catalogue
from brains.preview import traffic
from brains.preview.preview import preview
from brains.preview.traffic import Used
from brains.selection import Ladder, Snapshot, resolve
from brains.tests.cataloguing import listed, providers, read
from brains.tests.records import ANN, preset

CHEAP = listed(
    "a/cheap",
    price=("0.000001", "0.000002"),
    context_length=128_000,
    parameters=("tools", "structured_outputs"),
    input_modalities=("text", "image"),
)
DEAR = listed(
    "a/dear",
    price=("0.000003", "0.000015"),
    context_length=32_000,
    parameters=("temperature",),
    input_modalities=("text",),
)
WEEK = {"l3": Used(7_000_000, 700_000)}


@pytest.fixture(autouse=True)
def registry(settings):
    settings.AURA_PROVIDERS = providers("http://127.0.0.1:9/v1")


def with_l3(model, **others):
    values = {"l3_model": model, **others}
    return resolve(Snapshot("Test", "test", values), Ladder())


def said(before, after, *models, used=WEEK):
    catalogue = Catalogue({model.id: model for model in models})
    return preview(with_l3(before), with_l3(after), catalogue, used)


def test_prices_and_the_cost_of_a_month_are_told():
    sentences = said("a/cheap", "a/dear", CHEAP, DEAR)
    assert sentences[0] == (
        "L3 would cost $3.00 in, $15.00 out per million tokens; now $1.00 in, $2.00 out "
        "per million tokens."
    )
    # 7 M in and 0.7 M out in 7 days are 30 M and 3 M in a month.
    assert sentences[-1] == (
        "At the traffic of the last 7 days a month would cost about $135.00; now $36.00."
    )


def test_a_context_that_shrinks_and_abilities_that_go_are_told():
    sentences = said("a/cheap", "a/dear", CHEAP, DEAR)
    assert "L3 would take in less: 32k context, 128k context now." in sentences
    assert "L3 would no longer do tools, JSON schemas and images." in sentences


def test_how_many_calls_used_what_goes_is_told():
    uses = {"tools": 312, "structured_outputs": 0, "images": 1, "reasoning": 9}
    used = {"l3": Used(0, 0, uses), "l1": Used(5, 5, {"tools": 7})}

    sentences = said("a/cheap", "a/dear", CHEAP, DEAR, used=used)

    assert (
        "L3 would no longer do tools, JSON schemas and images, though in the last 7 days "
        "312 calls used tools and 1 call used images."
    ) in sentences
    assert not any("$0" in sentence for sentence in sentences)


def test_the_other_way_round_nothing_is_lost():
    sentences = said("a/dear", "a/cheap", CHEAP, DEAR)
    assert not any("less" in s or "no longer" in s for s in sentences)


def test_what_the_list_does_not_tell_is_neither_lost_nor_free():
    bare = listed("a/bare")
    unknown = ["What L3 would cost is not known."]
    assert said("a/cheap", "a/bare", CHEAP, bare) == unknown
    assert said("a/cheap", "b/unlisted", CHEAP) == unknown
    assert said("a/bare", "a/dear", DEAR, bare)[0].endswith("its price is not known.")


def test_a_server_that_takes_no_key_costs_nothing():
    [first, month] = said("a/cheap", "local/any", CHEAP, used=WEEK)
    assert first.startswith("L3 would cost nothing per call; now $1.00 in")
    assert "a month would cost about $0; now $" in month
    [back, *_] = said("local/any", "a/cheap", CHEAP)
    assert back.endswith("now free.")


def test_where_neither_costs_anything_nothing_is_said_of_it():
    free = listed("a/free", price=("0", "0"))
    assert said("local/any", "local/other") == []
    assert said("a/free", "local/other", free) == []


def test_a_layer_without_a_known_price_is_left_out_of_the_month_by_name():
    used = {**WEEK, "l1": Used(1, 1)}
    [*_, month] = said("a/cheap", "a/dear", CHEAP, DEAR, used=used)
    assert month.endswith("Without L1, whose price is not known.")


def test_without_traffic_no_month_is_told():
    assert not any(
        "month" in s for s in said("a/cheap", "a/dear", CHEAP, DEAR, used={})
    )


def test_no_other_model_means_nothing():
    assert said("a/cheap", "a/cheap", CHEAP) == []


@pytest.mark.django_db
def test_the_page_that_asks_before_activating_says_it(admin_client, monkeypatch):
    monkeypatch.setattr(traffic, "_give", lambda: WEEK)
    read(CHEAP, DEAR)
    for name, model in (("Budget", "a/cheap"), ("Performance", "a/dear")):
        row = preset(name)
        row.l3_model = model
        activation.save_preset(row, ANN)
    activation.activate(preset("Budget"), ANN)

    url = reverse("admin:brains_modelpreset_activate", args=[preset("Performance").pk])
    page = admin_client.get(url).content.decode()

    assert "What it means" in page
    assert "a month would cost about $135.00; now $36.00" in page
