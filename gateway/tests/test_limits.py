"""A key uses what its limits allow; after that it is told what was reached, and until when."""

import time
from datetime import UTC, datetime

import pytest

from gateway.keys import KeyInfo
from gateway.limits.errors import LayerNotAllowed, OutOfBudget
from gateway.limits.headers import span
from gateway.limits.key_limits import LIMITS, KeyLimits, Limits
from gateway.tests.limited_keys import (
    NOON,
    Clocks,
    admitted,
    headers_of,
    limited,
    refusal,
)

DAY_S = 86_400


@pytest.fixture
def clocks():
    return Clocks()


@pytest.fixture
def limits(clocks):
    return clocks.limits()


def test_requests_are_admitted_up_to_the_limit(limits):
    assert admitted(limits, limited(requests_per_minute=5), 8) == 5


def test_key_without_limits_is_never_counted(limits):
    key = KeyInfo(1, "tests", None)
    assert limits.admit(key) == ()
    limits.charge(key, 1000, 5.0)
    assert not limits.used.is_set() and limits.take() is None


def test_each_key_has_its_own_count(limits):
    assert admitted(limits, limited(1, requests_per_minute=5), 8) == 5
    assert admitted(limits, limited(2, requests_per_minute=5), 8) == 5


def test_a_minute_later_the_key_is_admitted_again(limits, clocks):
    key = limited(requests_per_minute=5)
    admitted(limits, key, 8)
    clocks.pass_s(59)
    assert admitted(limits, key, 8) == 0
    clocks.pass_s(1)
    assert admitted(limits, key, 8) == 5


def test_what_was_refused_counts_for_nothing(limits, clocks):
    key = limited(requests_per_minute=5)
    admitted(limits, key, 5)
    for _ in range(60):
        clocks.pass_s(1)
        last = admitted(limits, key, 8)
    assert last == 5


def test_no_sixty_seconds_have_more_than_the_limit_and_one_second_of_it(limits, clocks):
    key, times = limited(requests_per_minute=60), []
    for _ in range(1500):
        clocks.pass_s(0.1)
        if refusal(limits, key) is None:
            times.append(clocks.now_s)
    worst = max(sum(t <= other < t + 60 for other in times) for t in times)
    assert 60 <= worst <= 60 + 10


def test_refusal_for_requests_is_openai_s(limits, clocks):
    key = limited(requests_per_minute=5)
    admitted(limits, key, 5)
    clocks.pass_s(10.25)
    error = refusal(limits, key)
    assert error and error.status == 429
    assert error.body()["error"] == {
        "message": "Rate limit reached for this key on requests per minute: Limit 5, "
        "Used 5. Please try again in 50s.",
        "type": "requests",
        "param": None,
        "code": "rate_limit_exceeded",
    }
    assert headers_of(error.headers) == {
        "x-ratelimit-limit-requests": "5",
        "x-ratelimit-remaining-requests": "0",
        "x-ratelimit-reset-requests": "50s",
        "retry-after": "50",
        "retry-after-ms": "49750",
    }


def test_who_waits_as_long_as_told_is_admitted(limits, clocks):
    key = limited(requests_per_minute=5)
    admitted(limits, key, 5)
    clocks.pass_s(3.9)
    error = refusal(limits, key)
    assert error
    clocks.pass_s(int(headers_of(error.headers)["retry-after-ms"]) / 1000)
    assert refusal(limits, key) is None


def test_answers_carry_what_is_left(limits, clocks):
    key = limited(requests_per_minute=5, tokens_per_minute=1000)
    assert headers_of(limits.admit(key)) == {
        "x-ratelimit-limit-requests": "5",
        "x-ratelimit-remaining-requests": "4",
        "x-ratelimit-reset-requests": "1m0s",
        "x-ratelimit-limit-tokens": "1000",
        "x-ratelimit-remaining-tokens": "1000",
        "x-ratelimit-reset-tokens": "0s",
    }
    limits.charge(key, 300, None)
    clocks.pass_s(48)
    told = headers_of(limits.admit(key))
    assert told["x-ratelimit-remaining-requests"] == "3"
    assert told["x-ratelimit-remaining-tokens"] == "700"
    assert told["x-ratelimit-reset-tokens"] == "12s"


def test_only_limits_that_there_are_stand_in_headers(limits):
    assert len(limits.admit(limited(1, tokens_per_minute=10))) == 3
    assert limits.admit(limited(2, usd_per_day=1.0)) == ()
    assert limits.admit(limited(3, layers=frozenset({"l1"}))) == ()


def test_a_call_may_go_past_its_tokens_and_the_next_is_refused(limits, clocks):
    key = limited(tokens_per_minute=1000)
    for _ in range(2):
        limits.admit(key)
        limits.charge(key, 600, None)
    error = refusal(limits, key)
    assert error and error.type == "tokens" and error.code == "rate_limit_exceeded"
    assert "Limit 1000, Used 1200" in error.message
    told = headers_of(error.headers)
    assert told["x-ratelimit-remaining-tokens"] == "0"
    clocks.pass_s(60)
    assert refusal(limits, key) is None


def test_unknown_tokens_and_cost_count_for_nothing(limits):
    key = limited(tokens_per_minute=1, usd_per_day=0.0001)
    limits.charge(key, None, None)
    limits.charge(key, 0, 0.0)
    limits.charge(key, -5, -1.0)
    limits.charge(key, None, float("nan"))
    assert refusal(limits, key) is None


def test_money_of_a_day_is_there_again_the_next_utc_day(limits, clocks):
    key = limited(usd_per_day=5.0)
    limits.admit(key)
    limits.charge(key, 10, 5.02)
    error = refusal(limits, key)
    assert isinstance(error, OutOfBudget) and error.status == 429
    assert error.body()["error"] == {
        "message": "This key may spend $5.00 a day and has spent $5.02. It can be used "
        "again from 2026-11-25 00:00 UTC, when the next day begins, or once an admin "
        "raises its limit.",
        "type": "insufficient_quota",
        "param": None,
        "code": "insufficient_quota",
    }
    told = headers_of(error.headers)
    assert told["x-should-retry"] == "false"
    assert told["retry-after"] == str(12 * 3600)
    clocks.pass_s(12 * 3600 - 1)
    assert refusal(limits, key)
    clocks.pass_s(1)
    assert refusal(limits, key) is None


def test_money_of_a_month_is_there_again_the_next_month(limits, clocks):
    key = limited(usd_per_day=100.0, usd_per_month=20.0)
    limits.charge(key, None, 20.0)
    clocks.pass_s(DAY_S)
    error = refusal(limits, key)
    assert error and "$20.00 a month" in error.message
    assert "from 2026-12-01 00:00 UTC" in error.message
    clocks.wall_s = datetime(2026, 12, 1, tzinfo=UTC).timestamp()
    assert refusal(limits, key) is None


def test_a_refusal_for_money_costs_no_request_of_the_minute(limits):
    key = limited(requests_per_minute=5, usd_per_day=1.0)
    limits.charge(key, None, 1.0)
    for _ in range(9):
        error = refusal(limits, key)
    assert error and headers_of(error.headers)["x-ratelimit-remaining-requests"] == "5"


def test_many_small_amounts_add_up(limits):
    key = limited(usd_per_day=1.0)
    for _ in range(1000):
        assert refusal(limits, key) is None
        limits.charge(key, None, 0.001)
    limits.charge(key, None, 1e-9)
    assert refusal(limits, key)


@pytest.mark.parametrize("jump_s", [DAY_S, -DAY_S, 3 * DAY_S])
@pytest.mark.fault("D14")
def test_a_clock_that_jumps_changes_no_minute(limits, clocks, jump_s):
    key = limited(requests_per_minute=5, tokens_per_minute=100)
    admitted(limits, key, 5)
    limits.charge(key, 50, None)
    clocks.wall_s += jump_s
    assert admitted(limits, key, 5) == 0
    clocks.pass_s(60)
    assert admitted(limits, key, 8) == 5


def test_a_clock_that_was_set_right_again_finds_the_money_of_its_day(limits, clocks):
    key = limited(usd_per_day=1.0)
    limits.charge(key, None, 1.0)
    clocks.wall_s += DAY_S
    assert refusal(limits, key) is None
    clocks.wall_s = NOON
    assert refusal(limits, key)


def test_raised_limit_keeps_what_was_counted(limits):
    admitted(limits, limited(requests_per_minute=5), 5)
    assert admitted(limits, limited(requests_per_minute=8), 9) == 3


def test_lowered_limit_is_in_force_at_once(limits):
    admitted(limits, limited(requests_per_minute=8), 5)
    error = refusal(limits, limited(requests_per_minute=3))
    assert error and "Limit 3, Used 5" in error.message


def test_key_that_is_gone_takes_its_count_along(limits):
    key = limited(requests_per_minute=5)
    limits.follow({1: key.limits})
    admitted(limits, key, 5)
    limits.follow({})
    assert limits.take() is None
    assert admitted(limits, key, 9) == 5


def test_other_keys_keep_their_counts_when_keys_change(limits):
    key = limited(requests_per_minute=5)
    limits.follow({1: key.limits, 2: Limits(usd_per_day=1.0)})
    admitted(limits, key, 5)
    limits.follow({1: Limits(requests_per_minute=5)})
    assert admitted(limits, key, 1) == 0


def test_call_that_outlives_its_key_harms_nothing(limits):
    key = limited(tokens_per_minute=5)
    limits.follow({1: key.limits})
    limits.admit(key)
    limits.follow({})
    limits.charge(key, 10, 1.0)


def test_layers_that_are_not_allowed_are_refused(limits):
    key = limited(layers=frozenset({"l1", "l3"}))
    limits.check_layer(key, "l1")
    with pytest.raises(LayerNotAllowed) as refused:
        limits.check_layer(key, "l2")
    assert refused.value.status == 403
    assert refused.value.body()["error"] == {
        "message": "This key is not for l2, only for l1 and l3. Ask for that, or let an "
        "admin allow more.",
        "type": "invalid_request_error",
        "param": "model",
        "code": "layer_not_allowed",
    }


@pytest.mark.parametrize("key", [KeyInfo(1, "n", None), limited(requests_per_minute=1)])
def test_key_without_a_list_of_layers_has_them_all(limits, key):
    for layer in ("l1", "l2", "l3", "embedding"):
        limits.check_layer(key, layer)


@pytest.mark.parametrize(
    ("time_s", "text"),
    [
        (0, "0s"),
        (0.0001, "1ms"),
        (0.3195, "320ms"),
        (1, "1s"),
        (11.2, "12s"),
        (59.9, "1m0s"),
        (60, "1m0s"),
    ],
)
def test_spans_are_written_as_openai_does(time_s, text):
    assert span(time_s) == text


def test_real_clocks_are_taken_unless_others_are_given():
    limits, key = KeyLimits(), limited(requests_per_minute=5, usd_per_day=1.0)
    assert admitted(limits, key, 9) == 5
    exchange = limits.take()
    assert exchange and abs(exchange.fresh[0].begins_at - time.time()) < 60


def test_the_process_has_one_count(request):
    request.addfinalizer(LIMITS.forget)
    key = limited(999, requests_per_minute=1)
    assert admitted(LIMITS, key, 2) == 1
    LIMITS.forget()
    assert not LIMITS.used.is_set()
    assert admitted(LIMITS, key, 2) == 1
