"""Two presets side by side, by the calls that each served: layer by layer, from the roll-ups,
with a word for who had none."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from brains import activation
from brains.canary import changes as canary_changes
from brains.models import ModelPreset
from brains.tests.records import ANN
from brains.tests.status_reader import words
from gateway.tests.usage_rows import call, record
from gateway.usage.rollup import roll_up

pytestmark = pytest.mark.django_db
URL = reverse("admin:brains_modelpreset_compare")


def preset(name):
    return ModelPreset.objects.get(name=name)


def page(client, first="Budget", second="Performance", **more):
    pair = {"first": preset(first).pk, "second": preset(second).pk}
    html = client.get(URL, {**pair, **more}).content.decode()
    return words(html.partition('id="content-main"')[2])


def served(name, count, days=0, **fields):
    began_at = timezone.now() - timedelta(days=days, minutes=1)
    calls = [call(began_at=began_at, preset=name, **fields) for _ in range(count)]
    record(*calls)
    roll_up(5)


def test_both_presets_stand_side_by_side(admin_client):
    served("Budget", 18, first_chunk_s=0.095, cost_usd="0.0004")
    served("Budget", 2, status=502, error="upstream", first_chunk_s=None, cost_usd=None)
    served("Performance", 4, first_chunk_s=0.095, cost_usd="0.02")
    served("Performance", 1, layer="embedding", first_chunk_s=None)

    seen = page(admin_client)

    assert "In the last 7 days Budget Performance L3 synthesis Calls 20 4 " in seen
    assert (
        "Errors 2 (10.0 %) none First token, p50 and p95 50 ms, 95 ms 50 ms, " in seen
    )
    assert "Tokens per call, in and out 111, 11 100, 10 " in seen
    assert "Cost per call $0.00040 $0.020 " in seen
    assert "Embedding meaning Calls 0 1 Errors – none Tokens per call" in seen
    assert "L1" not in seen and "had no calls" not in seen


def test_who_had_no_calls_is_named_with_a_way_to_give_it_some(admin_client):
    served("Budget", 3)

    seen = page(admin_client)

    assert "Performance had no calls in the last 7 days." in seen
    assert "aura/l3@performance" in seen
    assert "Budget had no calls" not in seen and "Calls 3 0" in seen


def test_no_calls_at_all_show_no_table(admin_client):
    seen = page(admin_client)
    assert "Budget had no calls" in seen and "Performance had no calls" in seen
    assert "Errors" not in seen


# A preset that was renamed.


def renamed(name, to):
    row = preset(name)
    row.name = to
    activation.save_preset(row, ANN)


def test_calls_under_an_earlier_name_are_counted_in(admin_client):
    activation.activate(preset("Budget"), ANN)
    served("Budget", 3)
    renamed("Budget", "Thrift")
    served("Thrift", 2)
    activation.activate(preset("Hybrid"), ANN)
    renamed("Thrift", "Cheap")
    served("Cheap", 1)

    seen = page(admin_client, "Cheap")

    assert "Calls 6 0" in seen
    assert "Those of Cheap under Budget, Thrift are counted in." in seen


def test_one_that_was_tried_alone_keeps_its_calls_too(admin_client):
    activation.activate(preset("Hybrid"), ANN)
    canary_changes.start(preset("Budget"), Decimal(10), ANN)
    served("Budget", 3)
    renamed("Budget", "Cheap")

    assert "Calls 3 0" in page(admin_client, "Cheap")


def test_a_name_that_another_preset_has_by_now_is_its_own(admin_client):
    activation.activate(preset("Budget"), ANN)
    renamed("Budget", "Cheap")
    ModelPreset.objects.create(name="Budget", slug="budget-2")
    served("Budget", 3)

    seen = page(admin_client, "Cheap", "Budget")

    assert "Calls 0 3" in seen and "counted in" not in seen


def test_a_name_that_two_presets_had_counts_for_neither(admin_client):
    for row in (preset("Budget"), preset("Performance")):
        row.name, own = "Shared", row.name
        activation.save_preset(row, ANN)
        activation.activate(row, ANN)
        renamed("Shared", own)
    served("Shared", 3)

    assert "Budget had no calls" in page(admin_client)


@pytest.mark.parametrize(
    ("days", "calls"), [(1, "Calls 1 0"), (7, "Calls 2 0"), (30, "Calls 3 0")]
)
def test_calls_of_the_days_that_are_asked_for_count(admin_client, days, calls):
    for age in (0, 3, 20, 40):
        served("Budget", 1, days=age)
    assert calls in page(admin_client, days=days)


def test_first_it_asks_which(admin_client):
    first = preset("Hybrid").pk
    html = admin_client.get(URL, {"first": first}).content.decode()
    assert "Choose two presets" in html
    assert f'<option value="{first}" selected>Hybrid</option>' in html


@pytest.mark.parametrize(
    ("asked", "refusal"),
    [
        ({"second": "1"}, "Choose two different presets."),
        ({"second": "999"}, "That preset is gone."),
        ({"second": "x"}, "That preset is gone."),
        ({"second": ""}, "Choose two presets."),
        ({"second": "2", "days": "9999"}, "Choose 1, 7 or 30 days."),
    ],
)
def test_what_cannot_be_compared_is_said(admin_client, asked, refusal):
    answer = admin_client.get(URL, {"first": "1", **asked})
    assert answer.status_code == 200
    assert refusal in words(answer.content.decode())


def test_list_and_form_lead_there(admin_client):
    html = admin_client.get(reverse("admin:brains_modelpreset_changelist")).content
    assert f'href="{URL}"'.encode() in html
    budget = preset("Budget").pk
    form = reverse("admin:brains_modelpreset_change", args=[budget])
    assert f'href="{URL}?first={budget}"'.encode() in admin_client.get(form).content
