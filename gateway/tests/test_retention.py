"""Retention: what is older than the setting goes, but nothing that is not rolled up yet."""

from datetime import timedelta

import pytest
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from gateway.background import tasks
from gateway.records.models import CallRecord
from gateway.tests.usage_rows import NOON, call, record
from gateway.usage import retention
from gateway.usage.models import HourlyUsage
from gateway.usage.rollup import roll_up

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(retention, "PAUSE_S", 0)


def ago(days: float, **fields):
    return call(began_at=timezone.now() - days * DAY, **fields)


def test_old_calls_go_and_young_ones_stay():
    record(ago(31), young := ago(29))
    roll_up(5)
    tasks.apply_retention.call()
    assert [row.call_id for row in CallRecord.objects.all()] == [young.call_id]


def test_what_went_stays_in_the_usage():
    record(ago(31))
    roll_up(5)
    tasks.apply_retention.call()
    assert HourlyUsage.objects.get().calls == 1


def test_old_call_that_is_not_rolled_up_yet_stays_until_it_is():
    record(ago(31))
    tasks.apply_retention.call()
    assert CallRecord.objects.count() == 1
    roll_up(5)
    tasks.apply_retention.call()
    assert CallRecord.objects.count() == 0
    assert HourlyUsage.objects.get().calls == 1


def test_late_call_of_an_hour_whose_calls_are_gone_is_added_to_it():
    moment = timezone.now() - 31 * DAY
    record(call(began_at=moment))
    roll_up(5)
    tasks.apply_retention.call()
    record(call(began_at=moment))
    roll_up(5)
    assert HourlyUsage.objects.get().calls == 2


def test_zero_days_keep_calls_for_ever(settings):
    settings.AURA_CALL_RETENTION_DAYS = 0
    record(ago(4000))
    roll_up(5)
    tasks.apply_retention.call()
    assert CallRecord.objects.count() == 1


def test_the_setting_says_how_long(settings):
    settings.AURA_CALL_RETENTION_DAYS = 7
    record(ago(8), ago(6))
    roll_up(5)
    tasks.apply_retention.call()
    assert CallRecord.objects.count() == 1


def test_calls_go_in_small_batches(monkeypatch, django_assert_num_queries):
    monkeypatch.setattr(retention, "BATCH", 2)
    record(*(call() for _ in range(5)))
    roll_up(5)
    # Three batches: how far it is rolled up, the ids, the deletion; then a look in vain.
    with django_assert_num_queries(3 * 3 + 2):
        assert retention.delete_calls(NOON + HOUR, 5)


def test_retention_without_time_goes_on_in_another_task(monkeypatch):
    monkeypatch.setattr(retention, "BATCH", 2)
    monkeypatch.setattr(tasks, "WITHIN_S", -1)
    record(*(ago(40) for _ in range(5)))
    roll_up(5)
    tasks.apply_retention.call()
    assert CallRecord.objects.count() == 3
    assert (
        DBTaskResult.objects.get().task_path
        == "gateway.background.tasks.apply_retention"
    )


def test_finished_tasks_are_pruned_and_failed_ones_kept_for_longer():
    now = timezone.now()
    for status, days in [
        ("SUCCESSFUL", 2),
        ("SUCCESSFUL", 0.5),
        ("FAILED", 2),
        ("FAILED", 15),
        ("RUNNING", 2),
        ("RUNNING", 0.5),
        ("READY", 40),
    ]:
        made = tasks.roll_up.enqueue()
        then = now - days * DAY
        DBTaskResult.objects.filter(pk=made.id).update(
            status=status, enqueued_at=then, started_at=then, finished_at=then
        )
    retention.delete_task_results(now)
    left = DBTaskResult.objects.values_list("status", "enqueued_at")
    assert sorted((status, (now - then) / DAY) for status, then in left) == [
        ("FAILED", 2),
        ("READY", 40),
        ("RUNNING", 0.5),
        ("SUCCESSFUL", 0.5),
    ]
