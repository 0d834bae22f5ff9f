"""Workers add what they counted to the same rows, and hold limits against the sum."""

from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from gateway.limits.models import KeyUsage
from gateway.limits.rows import prune, trade
from gateway.limits.windows import DAY, MONTH, SECOND
from gateway.tests.limited_keys import Clocks, admitted, limited, refusal

pytestmark = pytest.mark.django_db
EVERY: dict[str, Any] = {
    "requests_per_minute": 100,
    "tokens_per_minute": 1000,
    "usd_per_day": 5.0,
    "usd_per_month": 50.0,
}


@pytest.fixture
def clocks():
    return Clocks()


def share(*workers):
    """Let each worker share once, as its thread would."""
    for limits in workers:
        if exchange := limits.take():
            limits.settle(exchange, trade(exchange))


def sums(kind):
    rows = KeyUsage.objects.filter(kind=kind).values_list(
        "requests", "tokens", "cost_usd"
    )
    return tuple(sum(column) for column in zip(*rows, strict=True)) or (0, 0, 0)


def test_two_workers_hold_one_limit(clocks):
    one, two, key = clocks.limits(), clocks.limits(), limited(requests_per_minute=100)
    assert admitted(one, key, 60) == 60
    share(one)
    assert admitted(two, key, 1) == 1  # it has not asked yet
    share(two)
    assert admitted(two, key, 90) == 39
    share(two)
    assert refusal(one, key) is None  # nor had this one, since
    share(one)
    assert admitted(one, key, 10) == 0


def test_rows_hold_the_sum_of_what_was_accepted(clocks):
    one, two, key = clocks.limits(), clocks.limits(), limited(**EVERY)
    for _ in range(20):
        admitted(one, key, 2), admitted(two, key, 1)
        one.charge(key, 5, 0.01), two.charge(key, 7, 0.02)
        clocks.pass_s(0.4)
        share(one, two)
    assert sums(SECOND) == (60, 240, 0)
    assert sums(DAY) == sums(MONTH) == (0, 0, Decimal("0.6"))


@pytest.mark.parametrize("limit", [{"tokens_per_minute": 1000}, {"usd_per_day": 5.0}])
def test_tokens_and_money_of_others_count(clocks, limit):
    one, two, key = clocks.limits(), clocks.limits(), limited(**limit)
    one.admit(key), two.admit(key)
    one.charge(key, 1000, 5.0)
    share(one, two)
    assert refusal(two, key)


def test_what_others_used_slides_out_second_by_second(clocks):
    one, two, key = clocks.limits(), clocks.limits(), limited(requests_per_minute=100)
    for _ in range(30):
        admitted(one, key, 2)
        share(one)
        clocks.pass_s(1)
    assert admitted(two, key, 1) == 1
    share(two)
    assert admitted(two, key, 100) == 39
    clocks.pass_s(40)
    assert admitted(two, key, 100) == 20 + 2


def test_worker_that_starts_knows_what_was_used(clocks):
    one, key = clocks.limits(), limited(**EVERY)
    admitted(one, key, 99)
    one.charge(key, 10, 4.5)
    share(one)
    clocks.pass_s(30)
    started = clocks.limits()
    started.follow({key.id: key.limits})
    share(started)
    assert admitted(started, key, 5) == 1
    started.charge(key, 0, 0.5)
    error = refusal(started, key)
    assert error and error.code == "insufficient_quota"


def test_worker_that_rested_learns_of_all_seconds_since(clocks):
    one, rested, key = (
        clocks.limits(),
        clocks.limits(),
        limited(requests_per_minute=100),
    )
    admitted(rested, key, 1)
    share(rested)
    for _ in range(50):
        admitted(one, key, 1)
        share(one)
        clocks.pass_s(1)
    admitted(rested, key, 1)
    share(rested)
    assert admitted(rested, key, 100) == 48


def test_another_day_begins_with_nothing_and_the_old_one_keeps_its_own(clocks):
    one, key = clocks.limits(), limited(usd_per_day=5.0)
    one.charge(key, 0, 4.0)
    clocks.pass_s(86_400)
    one.charge(key, 0, 1.5)
    share(one)
    days = KeyUsage.objects.order_by("begins_at").values_list("cost_usd", flat=True)
    assert list(days) == [4, Decimal("1.5")]
    assert refusal(one, key) is None


def test_small_amounts_add_up_over_many_turns(clocks):
    one, key = clocks.limits(), limited(usd_per_day=5.0)
    for _ in range(100):
        one.charge(key, 0, 4e-12)
        share(one)
    assert sums(DAY)[2] == Decimal("4e-10")


def test_nothing_used_means_no_query(clocks):
    one, key = clocks.limits(), limited(**EVERY)
    admitted(one, key, 3)
    share(one)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        share(one)
    assert len(queries) == 0


def test_key_that_is_only_refused_costs_one_query_a_turn(clocks):
    one, key = clocks.limits(), limited(requests_per_minute=1)
    admitted(one, key, 3)
    share(one)
    admitted(one, key, 3)
    with CaptureQueriesContext(connection) as queries:
        share(one)
    assert len(queries) == 1


def test_rows_are_neither_made_nor_asked_of_keys_that_nobody_uses(clocks):
    one = clocks.limits()
    one.follow({n: limited(n, requests_per_minute=1).limits for n in range(1, 50)})
    share(one)
    assert not KeyUsage.objects.exists()


def test_failed_turn_is_made_good_by_the_next(clocks):
    one, key = clocks.limits(), limited(**EVERY)
    admitted(one, key, 3)
    one.charge(key, 5, 0.5)
    one.give_back(one.take())
    admitted(one, key, 2)
    assert one.used.is_set()
    share(one)
    assert sums(SECOND)[0] == 5 and sums(DAY)[2] == Decimal("0.5")


def test_turn_whose_commit_went_unanswered_counts_once(clocks):
    one, key = clocks.limits(), limited(**EVERY)
    admitted(one, key, 3)
    one.charge(key, 5, 0.5)
    exchange = one.take()
    trade(exchange)
    one.give_back(exchange)
    share(one)
    assert sums(SECOND)[:2] == (3, 5) and sums(DAY)[2] == Decimal("0.5")


def test_rows_that_somebody_deleted_are_made_anew(clocks):
    one, key = clocks.limits(), limited(usd_per_day=5.0)
    one.charge(key, 0, 1.0)
    share(one)
    KeyUsage.objects.all().delete()
    one.charge(key, 0, 0.5)
    share(one)
    assert sums(DAY)[2] == Decimal("1.5")


def test_limit_that_was_removed_and_set_again_finds_what_was_used(clocks):
    one, key = clocks.limits(), limited(usd_per_day=5.0)
    one.charge(key, 0, 4.0)
    share(one)
    one.follow({})
    one.charge(key, 0, 1.0)
    share(one)
    assert sums(DAY)[2] == 5
    assert refusal(one, key)


@pytest.mark.fault("D14")
def test_clock_that_was_a_day_wrong_loses_no_money(clocks):
    one, key = clocks.limits(), limited(usd_per_day=5.0)
    one.charge(key, 0, 4.0)
    share(one)
    clocks.wall_s += 86_400
    one.charge(key, 0, 0.5)
    share(one)
    clocks.wall_s -= 86_400
    one.charge(key, 0, 1.0)
    share(one)
    assert refusal(one, key)
    assert sums(DAY)[2] == Decimal("5.5")


def test_seconds_that_nobody_counts_any_more_are_not_told(clocks):
    """The database was away for longer than a minute."""
    one, key = clocks.limits(), limited(requests_per_minute=100, usd_per_day=5.0)
    for _ in range(100):
        admitted(one, key, 1)
        one.charge(key, 0, 0.01)
        clocks.pass_s(1)
        exchange = one.take()
        one.give_back(exchange)
    assert len(exchange.fresh) <= 66
    share(one)
    assert 60 <= sums(SECOND)[0] <= 64 and sums(DAY)[2] == Decimal("1")


def test_key_that_is_gone_when_the_answer_comes_is_let_go(clocks):
    one, key = clocks.limits(), limited(**EVERY)
    admitted(one, key, 3)
    exchange = one.take()
    one.follow({})
    one.settle(exchange, trade(exchange))
    one.give_back(exchange)
    assert one.take() is None


def test_old_rows_are_pruned(clocks):
    one, key = clocks.limits(), limited(**EVERY)
    for _ in range(3):
        admitted(one, key, 1)
        one.charge(key, 0, 0.1)
        share(one)
        clocks.pass_s(4 * 60)
    prune(clocks.wall_s)
    assert KeyUsage.objects.filter(kind=SECOND).count() == 1
    assert KeyUsage.objects.exclude(kind=SECOND).count() == 2
    prune(clocks.wall_s + 41 * 86_400)
    assert KeyUsage.objects.get().kind == MONTH
    prune(clocks.wall_s + 500 * 86_400)
    assert not KeyUsage.objects.exists()


def test_more_keys_than_one_question_takes(clocks, monkeypatch):
    monkeypatch.setattr("gateway.limits.rows.KEYS_MAX", 2)
    one, two = clocks.limits(), clocks.limits()
    keys = [limited(n, requests_per_minute=10) for n in range(1, 6)]
    for key in keys:
        admitted(one, key, 9)
    share(one)
    two.follow({key.id: key.limits for key in keys})
    share(two)
    assert [admitted(two, key, 5) for key in keys] == [1] * 5
