"""What each layer was used in the last days is read from the hourly sums."""

from datetime import timedelta

import pytest
from django.utils import timezone

from aura_site.traffic import used
from brains.preview.traffic import Used
from gateway.tests.usage_rows import call, record
from gateway.usage import rollup

pytestmark = pytest.mark.django_db


def test_the_tokens_of_each_layer_are_summed_up():
    now = timezone.now() - timedelta(hours=2)
    record(
        call(0, now, input_tokens=100, output_tokens=10),
        call(1, now, input_tokens=50, output_tokens=5, model="a/other"),
        call(2, now, layer="l1", input_tokens=7, output_tokens=None),
        call(3, now, layer="", input_tokens=None, output_tokens=None),
    )
    assert rollup.roll_up(10)
    assert used() == {"l3": Used(150, 15), "l1": Used(7, 0)}


def test_the_calls_that_used_an_ability_are_counted_before_they_are_summed_up():
    now = timezone.now() - timedelta(hours=2)
    record(
        call(0, now, abilities="t"),
        call(1, now, abilities="tv"),
        call(2, now, abilities="", layer="l2"),
        call(3, now, abilities="jx", layer="l1"),
        call(4, now - timedelta(days=8), abilities="j"),
    )

    assert used() == {
        "l3": Used(0, 0, {"tools": 2, "images": 1}),
        "l1": Used(0, 0, {"structured_outputs": 1}),
    }


def test_what_is_older_than_the_days_that_count_is_left_out():
    record(call(0, timezone.now() - timedelta(days=8)))
    assert rollup.roll_up(10)
    assert used() == {}
