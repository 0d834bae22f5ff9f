"""The schedule: each task is enqueued once in its time, however many workers look."""

from datetime import UTC, datetime, timedelta

import pytest
from django_tasks_db.models import DBTaskResult

from gateway.background import tasks
from gateway.background.models import Schedule
from gateway.background.schedule import Recurring, enqueue_due

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
ONE = [Recurring(tasks.roll_up, MINUTE)]
pytestmark = pytest.mark.django_db


def enqueued() -> list[str]:
    return list(DBTaskResult.objects.values_list("task_path", flat=True))


def test_task_is_due_at_first_and_then_in_its_time():
    for seconds, expected in [(0, 1), (59, 1), (60, 2), (61, 2), (120, 3)]:
        enqueue_due(ONE, NOW + timedelta(seconds=seconds))
        assert len(enqueued()) == expected, seconds


def test_time_without_any_worker_is_not_made_up_for():
    enqueue_due(ONE, NOW)
    enqueue_due(ONE, NOW + DAY)
    enqueue_due(ONE, NOW + DAY)
    assert len(enqueued()) == 2


def test_each_task_has_its_own_time():
    both = [*ONE, Recurring(tasks.apply_retention, 2 * MINUTE)]
    for minutes in range(3):
        enqueue_due(both, NOW + minutes * MINUTE)
    assert sorted(enqueued()) == [
        *["gateway.background.tasks.apply_retention"] * 2,
        *["gateway.background.tasks.roll_up"] * 3,
    ]


def test_each_shipped_task_has_its_time():
    every = {one.task.module_path: one.every for one in tasks.RECURRING}
    assert every == {
        "gateway.background.tasks.roll_up": MINUTE,
        "gateway.background.tasks.apply_retention": 60 * MINUTE,
        "gateway.background.tasks.refresh_catalogue": 10 * MINUTE,
        "gateway.background.tasks.forget_exchanges": 10 * MINUTE,
        "gateway.background.tasks.tell_expiry": 60 * MINUTE,
    }


def test_task_of_a_room_above_is_run_beside_those_of_this_room(monkeypatch):
    monkeypatch.setattr(tasks, "_of_rooms_above", [])
    theirs = Recurring(tasks.apply_retention, MINUTE)

    tasks.register(theirs)

    assert tasks.registered() == (*tasks.RECURRING, theirs)


def test_clock_that_was_a_day_ahead_does_not_stop_a_task_for_a_day():
    enqueue_due(ONE, NOW + DAY)
    enqueue_due(ONE, NOW)
    enqueue_due(ONE, NOW)
    assert len(enqueued()) == 2


def test_clocks_of_two_workers_that_differ_make_no_more_tasks():
    for _ in range(5):
        enqueue_due(ONE, NOW + 3 * MINUTE)
        enqueue_due(ONE, NOW)
    assert len(enqueued()) == 1


def test_task_that_cannot_be_enqueued_stays_due(monkeypatch):
    def fail(*_):
        raise OSError

    monkeypatch.setattr(type(tasks.roll_up.get_backend()), "enqueue", fail)
    with pytest.raises(OSError):
        enqueue_due(ONE, NOW)
    monkeypatch.undo()
    assert not Schedule.objects.exists()
    enqueue_due(ONE, NOW)
    assert len(enqueued()) == 1
