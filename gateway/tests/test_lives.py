"""What calls came to while a revision was live: hours of its own from the roll-ups, hours that
it shares from the calls, each counted once."""

from datetime import timedelta
from decimal import Decimal

import pytest

from gateway.records.models import CallRecord
from gateway.tests.usage_rows import NOON, call, record
from gateway.usage.lives import Life, Window, lives
from gateway.usage.models import HourlyUsage, RollUpMark
from gateway.usage.rollup import roll_up

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
# Revision 7 is live from 12:30 to 15:20, then 8 until 15:50.
CHANGE, END = NOON + timedelta(hours=3, minutes=20), NOON + timedelta(minutes=230)
WINDOWS = [Window(7, NOON + HOUR / 2, CHANGE), Window(8, CHANGE, END)]


@pytest.fixture
def calls():
    return record(
        call(40, cost_usd="0.5"),
        call(70, cost_usd="0.25"),
        call(190, cost_usd="0.125"),
        call(210, revision=8, cost_usd="1"),
        call(211, revision=8, cost_usd=None),
        call(10, revision=6),
    )


def rolled_up_at(moment):
    roll_up(5)
    RollUpMark.objects.update(at=moment)


SEVEN, EIGHT = Life(3, Decimal("0.875")), Life(2, Decimal(1), 1)


@pytest.mark.parametrize("hours", [0, 1, 2, 3, 4, 90])
def test_each_call_counts_once_wherever_the_roll_up_is(calls, hours):
    rolled_up_at(NOON + hours * HOUR)
    assert lives(WINDOWS) == {7: SEVEN, 8: EIGHT}


def test_calls_count_before_the_first_roll_up(calls):
    assert lives(WINDOWS) == {7: SEVEN, 8: EIGHT}


def test_hours_of_its_own_are_read_from_the_roll_ups(calls):
    rolled_up_at(NOON + 9 * HOUR)
    HourlyUsage.objects.filter(begin=NOON + HOUR).update(calls=1000)
    assert lives(WINDOWS)[7].calls == 1002


def test_calls_that_are_no_longer_kept_are_not_passed_over(calls):
    rolled_up_at(NOON + 9 * HOUR)
    CallRecord.objects.filter(began_at__lt=NOON + 2 * HOUR).delete()
    found = lives(WINDOWS)
    assert found[7] == Life(2, Decimal("0.375"), is_whole=False)
    assert found[8] == EIGHT


def test_nothing_called_is_whole():
    assert lives(WINDOWS) == {7: Life(), 8: Life()}


def test_it_takes_as_many_queries_for_many_as_for_one(calls, django_assert_num_queries):
    many = [Window(n, NOON + n * HOUR, NOON + (n + 1) * HOUR) for n in range(20)]
    for windows in (WINDOWS[:1], many):
        with django_assert_num_queries(4):
            lives(windows)
