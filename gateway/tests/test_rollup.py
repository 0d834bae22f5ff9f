"""Roll-ups: each call counts once, in its own hour, whoever counts and whenever it comes."""

from datetime import timedelta
from decimal import Decimal

import pytest

from gateway.models import ApiKey
from gateway.tests.usage_rows import NOON, call, record
from gateway.usage import rollup, totals
from gateway.usage.first_chunk import BUCKETS
from gateway.usage.models import DailyUsage, HourlyUsage
from gateway.usage.rollup import roll_up

HOUR = timedelta(hours=1)
pytestmark = pytest.mark.django_db


def only_row() -> HourlyUsage:
    return HourlyUsage.objects.get()


def test_calls_of_an_hour_become_one_row():
    record(call(0), call(59.9, cost_usd="0.0002", first_chunk_s=2.5, duration_s=3.0))
    assert roll_up(5)
    row = only_row()
    assert (row.begin, row.layer, row.model) == (NOON, "l3", "deepseek/deepseek-chat")
    assert (row.calls, row.errors, row.fallbacks) == (2, 0, 0)
    assert (row.input_tokens, row.output_tokens) == (200, 20)
    assert row.cost_usd == Decimal("0.0003")
    assert row.duration_s == 4.0
    assert (row.first_300ms, row.first_3s, row.over_budget) == (1, 1, 1)


def test_rolling_up_again_changes_nothing():
    record(call(), call())
    roll_up(5)
    before = HourlyUsage.objects.values().get()
    roll_up(5)
    assert HourlyUsage.objects.values().get() == before


def test_later_calls_of_the_same_hour_are_added():
    record(call(1))
    roll_up(5)
    record(call(2), call(3))
    roll_up(5)
    assert only_row().calls == 3


def test_days_are_the_sums_of_their_hours():
    record(call(hour=NOON), call(hour=NOON + 11 * HOUR, cost_usd="0.5"))
    roll_up(5)
    record(call(hour=NOON + 3 * HOUR), call(hour=NOON + 12 * HOUR))
    roll_up(5)
    days = DailyUsage.objects.order_by("begin")
    midnight = NOON - 12 * HOUR
    assert [(row.begin, row.calls) for row in days] == [
        (midnight, 3),
        (midnight + 24 * HOUR, 1),
    ]
    assert days[0].cost_usd == Decimal("0.5002")
    assert days[0].first_300ms == 3


def test_call_that_comes_in_days_late_counts_in_its_own_hour():
    record(call(hour=NOON + 30 * HOUR))
    roll_up(5)
    record(call(hour=NOON), call(hour=NOON))
    roll_up(5)
    assert dict(HourlyUsage.objects.values_list("begin", "calls")) == {
        NOON: 2,
        NOON + 30 * HOUR: 1,
    }


@pytest.mark.parametrize(
    "other",
    [
        {"layer": "l1"},
        {"model": "a/b"},
        {"provider": "local"},
        {"preset": ""},
        {"began_at": NOON + HOUR},
    ],
    ids=lambda other: next(iter(other)),
)
def test_each_group_has_a_row_of_its_own(other):
    record(call(), call(**other))
    roll_up(5)
    assert [row.calls for row in HourlyUsage.objects.all()] == [1, 1]


def test_each_key_has_a_row_of_its_own_and_the_environments_key_has_none():
    key = ApiKey.objects.create(name="batch", sha256="0" * 64, hint="…0000")
    record(call(key=key, key_name="batch"), call(key_name="AURA_API_KEY"))
    roll_up(5)
    rows = HourlyUsage.objects.values_list("key_id", "key_name")
    assert dict(rows) == {key.pk: "batch", 0: "AURA_API_KEY"}


def test_environments_key_stays_one_row_over_several_runs():
    for _ in range(2):
        record(call())
        roll_up(5)
    assert only_row().calls == 2


def test_errors_fallbacks_and_unknown_costs_are_counted():
    record(
        call(cost_usd=None),
        call(status=502, error="upstream_unreachable", cost_usd=None),
        call(status=200, error="upstream_truncated", cost_usd=None),
        call(status=499, error="client_gone", cost_usd=None),
        call(fallback="upstream_unreachable"),
    )
    roll_up(5)
    row = only_row()
    assert (row.calls, row.errors, row.fallbacks) == (5, 2, 1)
    assert row.cost_unknown == 3, "who was not answered has no cost, not an unknown one"
    assert row.cost_usd == Decimal("0.0001")


def test_unknown_tokens_and_costs_are_no_failure():
    record(call(input_tokens=None, output_tokens=None, cost_usd=None))
    roll_up(5)
    assert (only_row().input_tokens, only_row().cost_usd) == (0, Decimal(0))


@pytest.mark.parametrize(
    ("layer", "first_chunk_s", "broken"),
    [
        ("l1", 0.5, 0),
        ("l1", 0.51, 1),
        ("l3", 2.0, 0),
        ("l3", 2.01, 1),
        ("l2", 60.0, 0),
        ("l1", None, 0),
    ],
)
def test_budget_is_broken_by_a_later_first_chunk(layer, first_chunk_s, broken):
    record(call(layer=layer, first_chunk_s=first_chunk_s))
    roll_up(5)
    assert only_row().over_budget == broken


@pytest.mark.parametrize("name", BUCKETS)
def test_each_bucket_counts_up_to_its_bound(name):
    longest = min(BUCKETS[name], 100.0)
    record(call(first_chunk_s=longest), call(first_chunk_s=None))
    roll_up(5)
    assert {n: getattr(only_row(), n) for n in BUCKETS} == {
        **dict.fromkeys(BUCKETS, 0),
        name: 1,
    }


def test_many_calls_are_taken_in_steps(monkeypatch):
    monkeypatch.setattr(rollup, "STEP", 2)
    record(*(call() for _ in range(7)))
    assert roll_up(5)
    assert only_row().calls == 7


def test_run_without_time_says_that_it_is_not_done_and_loses_nothing(monkeypatch):
    monkeypatch.setattr(rollup, "STEP", 2)
    record(*(call() for _ in range(5)))
    assert not roll_up(-1)
    assert rollup.mark().at is None
    assert roll_up(5)
    assert only_row().calls == 5


def test_mark_tells_until_when_calls_are_counted():
    roll_up(5)
    first = rollup.mark().at
    record(call())
    roll_up(5)
    second = rollup.mark().at
    assert first and second and second > first


def test_step_that_somebody_else_took_is_not_added_again(monkeypatch):
    record(call())
    sums = totals.by_hour

    def slowly(calls):
        groups = sums(calls)
        monkeypatch.setattr(rollup, "by_hour", sums)
        roll_up(5)  # another worker, while this one sums up
        return groups

    monkeypatch.setattr(rollup, "by_hour", slowly)
    assert roll_up(5)
    assert only_row().calls == 1


def test_failure_while_adding_leaves_the_calls_to_the_next_run(monkeypatch):
    record(call())

    def fail(*_):
        raise OSError

    monkeypatch.setattr(rollup, "_add", fail)
    with pytest.raises(OSError):
        roll_up(5)
    monkeypatch.undo()
    roll_up(5)
    assert only_row().calls == 1
