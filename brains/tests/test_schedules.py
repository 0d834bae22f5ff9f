"""A schedule makes its preset live at its begin, and what was before at its end."""

from datetime import UTC, datetime, time, timedelta

import pytest
from django.core.exceptions import ValidationError

from brains import activation
from brains.schedules.models import Schedule
from brains.schedules.turns import take_turns, what_comes_next
from brains.tests.records import ANN, newest, preset, revisions

pytestmark = pytest.mark.django_db

DAY = datetime(2026, 11, 26, 12, tzinfo=UTC)
NIGHT = datetime(2026, 11, 26, 23, tzinfo=UTC)
MORNING = datetime(2026, 11, 27, 7, tzinfo=UTC)


@pytest.fixture
def night(budget):
    """Budget from 22:00 to 06:00."""
    return Schedule.objects.create(preset=budget, begins=time(22), ends=time(6))


def test_its_preset_is_live_at_its_hours_and_the_one_before_after_them(night, hybrid):
    activation.activate(hybrid, ANN)
    take_turns(DAY)
    assert newest().preset_name == "Hybrid"

    take_turns(NIGHT)
    assert (newest().preset_name, newest().by_name) == ("Budget", "Aura")
    assert newest().reason.startswith(
        "Schedule: Budget from 22:00 to 06:00 (UTC), every day"
    )

    take_turns(MORNING)
    assert revisions()[-1] == (3, "roll_back", "Hybrid")
    assert newest().restores == 1


def test_each_turn_is_taken_once(night, hybrid):
    activation.activate(hybrid, ANN)
    for now in (NIGHT, NIGHT + timedelta(minutes=1), MORNING, MORNING):
        take_turns(now)
    assert len(revisions()) == 3


def test_where_no_preset_was_live_none_is_live_after_it(night):
    take_turns(NIGHT)
    take_turns(MORNING)
    assert revisions() == [(1, "activate", "Budget"), (2, "deactivate", None)]


def test_what_a_person_changes_at_night_stays(night, hybrid):
    take_turns(NIGHT)
    activation.activate(hybrid, ANN)
    take_turns(NIGHT + timedelta(hours=1))
    take_turns(MORNING)
    assert newest().preset_name == "Hybrid"
    take_turns(NIGHT + timedelta(days=1))
    assert newest().preset_name == "Budget"


def test_a_preset_that_was_live_already_stays_live(night, budget):
    activation.activate(budget, ANN)
    take_turns(NIGHT)
    take_turns(MORNING)
    assert revisions() == [(1, "activate", "Budget")]


def test_one_follows_the_other(night, hybrid):
    activation.activate(preset("Default"), ANN)
    Schedule.objects.create(preset=hybrid, begins=time(6), ends=time(9))
    take_turns(NIGHT)
    take_turns(MORNING)
    assert newest().preset_name == "Hybrid"
    take_turns(MORNING + timedelta(hours=3))
    assert newest().preset_name == "Default"


def test_one_that_is_switched_off_at_its_hours_ends(night, hybrid):
    activation.activate(hybrid, ANN)
    take_turns(NIGHT)
    Schedule.objects.update(is_enabled=False)
    take_turns(NIGHT + timedelta(minutes=1))
    assert newest().preset_name == "Hybrid"


def test_what_comes_next_is_told(night):
    coming = what_comes_next(DAY)
    assert coming and (coming.schedule, coming.begins) == (night, True)
    assert coming.at == datetime(2026, 11, 26, 22, tzinfo=UTC)
    coming = what_comes_next(NIGHT)
    assert coming and not coming.begins


def test_without_schedules_nothing_happens_and_nothing_comes(django_assert_num_queries):
    with django_assert_num_queries(1):
        take_turns(NIGHT)
    assert what_comes_next(DAY) is None


@pytest.mark.parametrize(
    "fields",
    [{"days": "mon,someday"}, {"days": ""}, {"time_zone": "Mars/Olympus"}],
    ids=["days", "no days", "zone"],
)
def test_days_and_zones_that_do_not_exist_are_refused(night, fields):
    for name, value in fields.items():
        setattr(night, name, value)
    with pytest.raises(ValidationError):
        night.full_clean()
