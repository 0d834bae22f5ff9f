"""What came of both sides is counted from the calls of each, since the canary's start."""

from datetime import timedelta
from decimal import Decimal

import pytest

from gateway.tests.usage_rows import NOON, call, record
from gateway.usage import canary as module
from gateway.usage.canary import Sum, sides, total

pytestmark = pytest.mark.django_db


def test_each_side_has_its_calls_layer_by_layer():
    record(
        *(call(canary="control", layer="l3") for _ in range(3)),
        call(canary="control", layer="l1"),
        call(canary="candidate", layer="l3"),
    )
    found = sides(NOON)
    counts = {
        side: {layer: each.calls for layer, each in layers.items()}
        for side, layers in found.items()
    }
    assert counts == {"control": {"l1": 1, "l3": 3}, "candidate": {"l3": 1}}
    assert total(found["control"]).calls == 4


def test_calls_before_it_and_calls_without_a_side_are_not_counted():
    record(call(canary="control", hour=NOON - timedelta(hours=1)), call(canary=""))
    assert sides(NOON) == {}


def test_errors_are_counted_and_clients_that_hung_up_are_none():
    record(
        call(canary="candidate"),
        call(canary="candidate", status=502, error="upstream_error"),
        call(canary="candidate", status=499, error="client_gone"),
    )
    tally = sides(NOON)["candidate"]["l3"]
    assert (tally.calls, tally.errors) == (3, 1)


def test_first_chunks_are_told_apart_to_the_millisecond():
    record(
        *(call(canary="control", first_chunk_s=n / 1000) for n in range(1, 101)),
        *(call(canary="candidate", first_chunk_s=0.0205) for _ in range(3)),
        call(canary="candidate", first_chunk_s=4.0),
        call(canary="candidate", first_chunk_s=None, is_streamed=False),
    )
    found = sides(NOON)
    control, candidate = found["control"]["l3"], found["candidate"]["l3"]
    assert control.first_chunk_s(0.5) == pytest.approx(0.05, abs=0.0011)
    assert control.first_chunk_s(0.95) == pytest.approx(0.095, abs=0.0011)
    assert candidate.first_chunk_s(0.5) == pytest.approx(0.0205, abs=0.0006)
    assert candidate.first_chunk_s(0.95) == 4.0
    assert Sum().first_chunk_s(0.5) is None


def test_cost_per_call_is_the_mean_of_what_is_known():
    record(
        call(canary="control", cost_usd="0.002"),
        call(canary="control", cost_usd="0.004"),
        call(canary="control", cost_usd=None),
    )
    assert sides(NOON)["control"]["l3"].cost_per_call == Decimal("0.003")
    assert Sum().cost_per_call is None


def test_only_the_newest_calls_are_looked_at(monkeypatch):
    monkeypatch.setattr(module, "CALLS_MAX", 3)
    record(
        *(call(canary="control", minute=n) for n in range(5)),
        *(call(canary="candidate", minute=n) for n in range(10, 12)),
    )
    found = sides(NOON)
    assert found["candidate"]["l3"].calls == 2
    assert found["control"]["l3"].calls == 1
