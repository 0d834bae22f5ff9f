"""A minute slides by the second, and days and months are those of the UTC calendar."""

import calendar as calendar_time

import pytest

from gateway.limits.windows import DAY, MONTH, SlidingMinute, calendar

BEGAN = 1_000


@pytest.fixture
def minute():
    return SlidingMinute(BEGAN)


def unix(*when):
    numbers = (*when, *(0,) * (6 - len(when)))
    return calendar_time.timegm((*numbers, 0, 0, 0))


def test_what_was_used_is_counted_for_sixty_seconds(minute):
    minute.add(3)
    assert minute.move(BEGAN + 59) == 3
    assert minute.move(BEGAN + 60) == 0


def test_each_second_goes_by_itself(minute):
    for second in range(5):
        minute.move(BEGAN + second)
        minute.add(second + 1)
    assert minute.move(BEGAN + 59) == 15
    assert [minute.move(BEGAN + 60 + second) for second in range(5)] == [
        14,
        12,
        9,
        5,
        0,
    ]


@pytest.mark.parametrize("pause", [60, 61, 119, 120, 100_000])
def test_nothing_is_left_after_a_long_rest(minute, pause):
    minute.add(7)
    assert minute.move(BEGAN + pause) == 0
    minute.add(1)
    assert minute.move(BEGAN + pause) == 1


def test_seconds_that_go_back_change_nothing(minute):
    minute.add(7)
    minute.move(BEGAN - 30)
    assert minute.move(BEGAN + 59) == 7 and minute.move(BEGAN + 60) == 0


def test_at_the_edge_of_a_minute_no_second_one_begins(minute):
    """A burst at the end of a clock's minute leaves nothing for the next one's begin."""
    minute.move(BEGAN + 59)
    minute.add(100)
    assert minute.move(BEGAN + 61) == 100


def test_one_a_second_is_never_more_than_sixty(minute):
    totals = set()
    for second in range(300):
        assert minute.move(BEGAN + second) < 60
        minute.add(1)
        totals.add(minute.total)
    assert max(totals) == 60


def test_what_others_used_some_seconds_ago_goes_as_early(minute):
    minute.add(5, age=40)
    assert minute.move(BEGAN + 19) == 5
    assert minute.move(BEGAN + 20) == 0


@pytest.mark.parametrize("age", [60, 61, 10_000])
def test_what_others_used_a_minute_ago_is_past(minute, age):
    minute.add(5, age=age)
    assert minute.total == 0


def test_a_count_never_falls_by_what_others_tell(minute):
    minute.add(-5)
    assert minute.total == 0


def test_the_wait_ends_when_enough_is_past(minute):
    for second in range(3):
        minute.move(BEGAN + second)
        minute.add(10)
    now = BEGAN + 2.25
    assert minute.wait_s(31, now) == 0
    assert minute.wait_s(30, now) == pytest.approx(57.75)
    assert minute.wait_s(20, now) == pytest.approx(58.75)
    assert minute.wait_s(1, now) == pytest.approx(59.75)


def test_it_says_when_all_is_past(minute):
    assert minute.empty_s() == 0
    minute.add(1)
    assert minute.empty_s() == 60
    minute.move(BEGAN + 59)
    assert minute.empty_s() == 1
    minute.move(BEGAN + 60)
    assert minute.empty_s() == 0


@pytest.mark.parametrize(
    ("moment", "begins", "ends"),
    [
        ((2026, 11, 24, 12, 30), (2026, 11, 24), (2026, 11, 25)),
        ((2026, 11, 24), (2026, 11, 24), (2026, 11, 25)),
        ((2028, 2, 29, 23, 59, 59), (2028, 2, 29), (2028, 3, 1)),
    ],
)
def test_a_day_is_one_of_the_utc_calendar(moment, begins, ends):
    assert calendar(DAY, unix(*moment) + 0.5) == (unix(*begins), unix(*ends))


@pytest.mark.parametrize(
    ("moment", "begins", "ends"),
    [
        ((2026, 11, 24, 12, 30), (2026, 11, 1), (2026, 12, 1)),
        ((2026, 12, 31, 23, 59, 59), (2026, 12, 1), (2027, 1, 1)),
        ((2028, 2, 29), (2028, 2, 1), (2028, 3, 1)),
        ((2027, 1, 1), (2027, 1, 1), (2027, 2, 1)),
    ],
)
def test_a_month_is_one_of_the_utc_calendar(moment, begins, ends):
    assert calendar(MONTH, unix(*moment) + 0.5) == (unix(*begins), unix(*ends))
