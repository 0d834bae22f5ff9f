"""The status page says how quick a layer's first tokens were lately, and how many broke the
layer's promise."""

import pytest
from django.utils import timezone

from brains.layers import L1
from gateway.tests.usage_rows import call, record
from gateway.usage.rollup import roll_up

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _rungs(settings):
    settings.AURA_ENV_RUNG, settings.AURA_DOTENV_RUNG = {}, {}


def l1_call(now, model=L1.model.default, **fields):
    return call(began_at=now, layer="l1", model=model, **fields)


def test_page_says_nothing_of_layers_that_were_not_called(client):
    assert "p95" not in client.get("/?fragment").content.decode()


def test_page_says_how_quick_a_layer_was_and_what_was_late(client):
    times_s = (0.05, 0.05, 0.05, 0.6) * 5
    now = timezone.now()
    record(*(l1_call(now, first_chunk_s=t) for t in times_s))
    roll_up(5)
    html = client.get("/?fragment").content.decode()
    assert "p95, 25% late" in html
    assert html.count("p95") == 1


def test_few_calls_are_counted_and_no_share_of_them_is_said(client):
    now = timezone.now()
    record(*(l1_call(now, first_chunk_s=t) for t in (0.05, 0.6)))
    roll_up(5)
    html = client.get("/?fragment").content.decode()
    assert "p95, 1 of 2 late<" in html
    assert "%" not in html[html.index("p95") :].split("<", 1)[0]


def test_what_another_model_served_before_a_swap_does_not_count(client):
    now = timezone.now()
    record(*(l1_call(now, "old/model", first_chunk_s=9.0) for _ in range(20)))
    roll_up(5)
    assert "p95" not in client.get("/?fragment").content.decode()
    record(l1_call(now, first_chunk_s=0.05))
    roll_up(5)
    assert "first token 95 ms p95<" in client.get("/?fragment").content.decode()
