"""The history says how many calls came while each revision was live, and what they cost."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from aura_site.called import _said
from brains import activation
from brains.activation import Author
from brains.models import ModelPreset
from brains.tests.status_reader import words
from gateway.tests.usage_rows import call, record
from gateway.usage.lives import Life

pytestmark = pytest.mark.django_db


def test_history_says_what_came_of_each_revision(admin_client):
    for name in ("Default", "Budget"):
        activation.activate(ModelPreset.objects.get(name=name), Author("ann"))
    now = timezone.now() + timedelta(milliseconds=1)
    record(*(call(began_at=now, revision=1, cost_usd="0.25") for _ in range(3)))

    url = reverse("admin:brains_activation_changelist")
    seen = words(admin_client.get(url).content.decode())

    assert "3 calls, $0.75" in seen
    assert "no calls" in seen


@pytest.mark.parametrize(
    ("life", "said"),
    [
        (Life(), "no calls"),
        (Life(is_whole=False), "calls no longer kept"),
        (Life(1, Decimal("0.002")), "1 call, $0.0020"),
        (Life(1203, Decimal("3.2")), "1,203 calls, $3.20"),
        (Life(9, Decimal("3.2"), is_whole=False), "at least 9 calls, $3.20"),
        (Life(9, Decimal(0), 9), "9 calls, cost not known"),
        (Life(9, Decimal(3), 1), "9 calls, $3.00 and 1 call of unknown cost"),
    ],
)
def test_it_is_said_in_few_words(life, said):
    assert _said(life) == said
