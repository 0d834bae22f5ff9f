"""After a change people are told how many workers have it, and which one has not."""

import time
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection
from django.urls import reverse
from django.utils import timezone

from brains import activation, arrival
from brains.models import Activation, Worker
from brains.tests.operators import answer, told
from brains.tests.records import ANN, newest, preset

pytestmark = pytest.mark.django_db


@pytest.fixture
def waits(monkeypatch):
    """Collect the pauses instead of making them; the clock goes on by them alone."""
    pauses: list[float] = []
    monkeypatch.setattr(time, "sleep", pauses.append)
    monkeypatch.setattr(time, "monotonic", lambda: sum(pauses))
    return pauses


def worker(pid, revision, *, after_s=0.0, silent_s=0.0):
    """Make the row of a worker that took `revision` so long after the newest change."""
    now = timezone.now()
    last = activation.latest()
    return Worker.objects.create(
        node="web",
        pid=pid,
        started_at=now,
        seen_at=now - timedelta(seconds=silent_s),
        revision=revision,
        digest="",
        switched_at=(last.created_at if last else now) + timedelta(seconds=after_s),
    )


def activated(name="Budget"):
    return activation.activate(preset(name), ANN)


def test_all_workers_on_the_new_revision_are_counted_with_the_slowest(waits):
    outcome = activated()
    worker(1, 1, after_s=0.04)
    worker(2, 1, after_s=0.21)

    assert arrival.after(outcome) == "2 of 2 workers on revision 1, slowest 0.2 s."
    assert waits == []


def test_one_worker_is_one_worker(waits):
    outcome = activated()
    worker(1, 1)
    assert arrival.after(outcome) == "1 of 1 worker on revision 1, slowest 0.0 s."


def test_a_worker_that_is_on_its_way_is_waited_for(monkeypatch):
    outcome = activated()
    worker(1, 1)
    late = worker(2, 0)

    def arrive(pause_s):
        Worker.objects.filter(pk=late.pk).update(
            revision=1, switched_at=newest().created_at + timedelta(seconds=0.3)
        )

    monkeypatch.setattr(time, "sleep", arrive)
    assert arrival.after(outcome) == "2 of 2 workers on revision 1, slowest 0.3 s."


def test_one_that_stays_behind_is_named_after_two_seconds(waits):
    outcome = activated()
    worker(1, 1)
    worker(2, 0)

    said = arrival.after(outcome)

    assert said.startswith("1 of 2 workers on revision 1. Behind after ")
    assert said.endswith(" s: web:2 (still on revision 0).")
    assert sum(waits) == pytest.approx(arrival.WAIT_S, abs=0.1)


def test_it_is_told_for_how_long_one_is_behind_and_silent(waits):
    outcome = activated()
    seen_at = newest().created_at + timedelta(seconds=2.04)
    late = worker(2, 0)
    late.seen_at = seen_at - timedelta(seconds=9)

    seen = arrival.Arrival(outcome.activation, (), (late,), seen_at)

    assert seen.sentence == (
        "0 of 1 worker on revision 1. Behind after 2.0 s: web:2 (still on revision 0, "
        "silent for 9 s)."
    )


def test_many_that_are_behind_are_not_all_named(waits):
    outcome = activated()
    for pid in range(1, 9):
        worker(pid, 0)
    said = arrival.after(outcome)
    assert "web:5 (still on revision 0) and 3 more." in said and "web:6" not in said


def test_without_workers_nothing_is_waited_for_or_said(waits):
    worker(1, 0, silent_s=60)
    assert arrival.after(activated()) == ""
    assert waits == []


def test_what_changed_nothing_is_not_waited_for(waits):
    activated()
    worker(1, 0)
    assert arrival.after(activated()) == ""
    assert waits == []


def test_a_worker_that_is_further_already_is_not_behind(waits):
    outcome = activated()
    activated("Hybrid")
    worker(1, 2, after_s=-0.5)
    assert arrival.after(outcome).startswith("1 of 1 worker on revision 1, slowest ")


def test_a_database_that_fails_then_does_not_hide_that_the_change_was_made(monkeypatch):
    outcome = activated()

    def fail(execute, sql, params, many, context):
        raise DatabaseError("gone")

    with connection.execute_wrapper(fail):
        assert arrival.after(outcome) == ""


def test_the_admin_says_it(admin_client, waits):
    url = reverse("admin:brains_modelpreset_activate", args=[preset("Budget").pk])
    worker(1, 1)

    (sentence,) = told(answer(admin_client, url))

    assert sentence.startswith(
        "Budget is live as revision 1; no preset was live before. 1 of 1 worker on revision"
    )


def test_the_commands_say_it(capsys, waits):
    worker(1, 1)
    call_command("activate_preset", "Budget")
    lines = capsys.readouterr().out.splitlines()
    assert lines[1].startswith("1 of 1 worker on revision 1, slowest ")


def test_a_worker_writes_its_row_at_once(watch):
    watch()
    outcome = activated()
    said = arrival.after(outcome)
    assert said.startswith("1 of 1 worker on revision 1, slowest ")
    assert Activation.objects.count() == 1
