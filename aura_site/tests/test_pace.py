"""The status page says how quick a layer's first tokens were lately, and how many broke the
layer's promise."""

import pytest
from django.utils import timezone

from gateway.tests.usage_rows import call, record
from gateway.usage.rollup import roll_up

pytestmark = pytest.mark.django_db


def test_page_says_nothing_of_layers_that_were_not_called(client):
    assert "p95" not in client.get("/?fragment").content.decode()


def test_page_says_how_quick_a_layer_was_and_what_was_late(client):
    times_s = (0.05, 0.05, 0.05, 0.6)
    now = timezone.now()
    record(*(call(began_at=now, layer="l1", first_chunk_s=t) for t in times_s))
    roll_up(5)
    html = client.get("/?fragment").content.decode()
    assert "p95, 25% late" in html
    assert html.count("p95") == 1
