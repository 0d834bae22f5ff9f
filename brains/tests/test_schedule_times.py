"""A schedule is on at its hours, by the clock of its time zone."""

from datetime import UTC, datetime, time

import pytest

from brains.schedules.times import DAYS, Hours, in_words

EVERY_DAY = frozenset(range(7))
NIGHT = Hours(EVERY_DAY, time(22), time(6), "UTC")
WORK = Hours(frozenset(range(5)), time(9), time(17, 30), "Europe/Berlin")


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("moment", "is_on"),
    [
        ("2026-11-26 21:59", False),
        ("2026-11-26 22:00", True),
        ("2026-11-27 03:00", True),
        ("2026-11-27 05:59", True),
        ("2026-11-27 06:00", False),
    ],
)
def test_a_night_goes_over_midnight(moment, is_on):
    assert NIGHT.is_on(at(moment)) is is_on


@pytest.mark.parametrize(
    ("moment", "is_on"),
    [
        ("2026-11-26 07:59", False),  # Thursday, 8:59 in Berlin
        ("2026-11-26 08:00", True),
        ("2026-11-26 16:30", False),
        ("2026-11-28 10:00", False),  # Saturday
        ("2026-07-02 07:00", True),  # summer time
    ],
)
def test_hours_are_those_of_its_zone_and_days(moment, is_on):
    assert WORK.is_on(at(moment)) is is_on


def test_a_night_belongs_to_the_day_it_begins_on():
    friday = Hours(frozenset({DAYS.index("fri")}), time(22), time(6), "UTC")
    assert friday.is_on(at("2026-11-28 03:00"))  # Saturday
    assert not friday.is_on(at("2026-11-27 03:00"))  # Friday


def test_equal_times_are_a_whole_day():
    all_day = Hours(frozenset({0}), time(0), time(0), "UTC")
    assert all_day.is_on(at("2026-11-23 23:59"))
    assert not all_day.is_on(at("2026-11-24 00:00"))


def test_next_change_is_the_next_begin_or_end():
    assert NIGHT.next_change(at("2026-11-26 12:00")) == at("2026-11-26 22:00")
    assert NIGHT.next_change(at("2026-11-26 22:00")) == at("2026-11-27 06:00")
    assert WORK.next_change(at("2026-11-27 16:30")) == at("2026-11-30 08:00")
    assert (
        Hours(frozenset(), time(1), time(2), "UTC").next_change(at("2026-11-26 12:00"))
        is None
    )


def test_an_hour_that_a_clock_skips_is_no_error():
    # 2:00 to 3:00 does not exist in Berlin on 2026-03-29.
    early = Hours(EVERY_DAY, time(2, 15), time(2, 45), "Europe/Berlin")
    assert not early.is_on(at("2026-03-29 00:30"))
    assert early.next_change(at("2026-03-28 12:00")) is not None


def test_a_night_in_which_a_clock_goes_back_is_an_hour_longer():
    night = Hours(EVERY_DAY, time(22), time(6), "Europe/Berlin")
    assert night.is_on(at("2026-10-25 04:59"))  # 5:59, winter time
    assert not night.is_on(at("2026-10-25 05:00"))


@pytest.mark.parametrize(
    ("days", "words"),
    [
        ("mon,tue,wed,thu,fri,sat,sun", "every day"),
        ("mon,tue,wed,thu,fri", "Mon–Fri"),
        ("sun,sat", "Sat, Sun"),
        ("mon, wed", "Mon, Wed"),
        ("mon,fri,sat,sun", "Mon, Fri–Sun"),
        ("thu", "Thu"),
        ("mon,someday", "mon,someday"),
        ("", ""),
    ],
)
def test_days_are_said_as_people_say_them(days, words):
    assert in_words(days) == words
