"""A process takes so many requests at the same time, and refuses more at once."""

import time

import pytest

from gateway.in_flight import InFlight, Overloaded


def test_requests_are_counted_while_they_are_under_way():
    in_flight = InFlight(limit=2)
    with in_flight.one():
        with in_flight.one():
            assert in_flight.count == 2
        assert in_flight.count == 1
    assert in_flight.count == 0


@pytest.mark.fault("C15")
def test_one_more_than_may_be_is_refused_with_503_and_retry_after(measured):
    in_flight = InFlight(limit=1)
    with in_flight.one():
        began = time.perf_counter()
        with pytest.raises(Overloaded) as refused:
            in_flight.one()
        measured(f"refusal of the 2,001st {(time.perf_counter() - began) * 1e6:.0f} us")
    error = refused.value
    assert (error.status, error.code) == (503, "overloaded")
    assert (b"retry-after", b"1") in error.headers
    assert in_flight.count == 0


def test_request_that_fails_is_over():
    in_flight = InFlight(limit=1)
    with pytest.raises(ValueError), in_flight.one():
        raise ValueError
    assert in_flight.count == 0


def test_limit_can_be_set_while_requests_run():
    in_flight = InFlight(limit=1)
    with in_flight.one():
        in_flight.limit = 2
        with in_flight.one():
            assert in_flight.count == 2
