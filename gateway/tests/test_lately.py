"""How the newest calls of each layer went: those alone that the live selection served."""

import math
from datetime import timedelta

import pytest
from django.utils import timezone

from brains.selection import Ladder, Snapshot, resolve
from gateway.tests.usage_rows import call, record
from gateway.usage import lately as module
from gateway.usage.lately import lately

pytestmark = pytest.mark.django_db

BUDGET = Snapshot("Budget", "budget", {"l1_model": "m/one", "l1_fallback": "m/two"})
LIVE = resolve(BUDGET, Ladder(env={}, dotenv={}), revision=7)


def put(count=1, minutes_ago=0.0, **fields):
    began_at = timezone.now() - timedelta(minutes=minutes_ago)
    fields = {"began_at": began_at, "layer": "l1", "model": "m/one", **fields}
    record(*(call(**fields) for _ in range(count)))


def of(layer):
    found = {each.layer.name: each for each in lately(LIVE)}
    return found.get(layer)


def test_calls_are_counted_by_layer():
    put(3)
    put(2, status=502, error="upstream_error", first_chunk_s=None)
    put(1, layer="l3", model="deepseek/deepseek-chat")

    one = of("l1")
    assert (one.calls, one.failed, one.streams, one.late) == (5, 2, 3, 0)
    assert of("l3").calls == 1 and of("l2") is None


def test_late_is_what_came_after_the_budget():
    put(19, first_chunk_s=0.5)
    put(1, first_chunk_s=0.9)
    assert (of("l1").late, of("l1").p95_s) == (1, 0.5)
    put(1, first_chunk_s=0.8)
    assert (of("l1").late, of("l1").p95_s) == (2, 0.8)


def test_a_first_token_that_nobody_waited_for_is_later_than_all():
    put(18, first_chunk_s=2.0)
    put(2, status=499, error="over_budget", first_chunk_s=0.5)
    one = of("l1")
    assert math.isinf(one.p95_s) and one.late == 20
    assert (one.calls, one.failed) == (18, 0)


def test_a_first_token_counts_of_calls_that_were_hung_up_on():
    put(1, status=499, error="cut_short", first_chunk_s=0.1)
    assert (of("l1").streams, of("l1").calls) == (1, 0)


def test_what_a_client_did_wrong_is_no_failure():
    put(1, status=400, error="invalid_request_error", first_chunk_s=None)
    assert (of("l1").calls, of("l1").failed) == (0, 0)


@pytest.mark.parametrize(
    "fields",
    [
        {"revision": 6},
        {"preset": "Hybrid"},
        {"model": "m/before"},
        {"canary": "candidate"},
        {"minutes_ago": 15.1},
    ],
)
def test_calls_of_anything_else_do_not_count(fields):
    put(1, **fields)
    assert of("l1") is None


def test_a_fallback_and_the_canary_s_control_are_its_own():
    put(1, model="m/two", canary="control")
    assert of("l1").calls == 1


def test_the_span_goes_back_to_the_oldest_of_them(monkeypatch):
    put(1, minutes_ago=9)
    put(1, minutes_ago=3)
    assert of("l1").over // timedelta(minutes=1) == 9
    monkeypatch.setattr(module, "CALLS_MAX", 1)
    assert of("l1").over // timedelta(minutes=1) == 3
    assert of("l1").calls == 1
