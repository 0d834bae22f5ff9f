"""Workers say in a row which revision they serve, and all rows together who differs."""

import os
from datetime import timedelta

import pytest
from django.utils import timezone

from brains.models import ChangeCounter, Worker
from brains.selection import Ladder, resolve
from brains.workers import ALIVE_S, FORGET_S, OwnRow, convergence

pytestmark = pytest.mark.django_db

LIVE = resolve(None, Ladder(), revision=3)
OLD = resolve(None, Ladder(), revision=2)
ELSEWHERE = resolve(None, Ladder({"AURA_L1_MODEL": "a/b"}), revision=3)


def other(pid, selection, seen_s_ago=0.0):
    """Make the row of another worker."""
    now = timezone.now()
    return Worker.objects.create(
        node="other",
        pid=pid,
        started_at=now,
        seen_at=now - timedelta(seconds=seen_s_ago),
        revision=selection.revision,
        digest=selection.digest,
        switched_at=now,
    )


def own():
    return Worker.objects.get(pid=os.getpid())


def test_a_worker_s_row_says_what_it_serves():
    OwnRow().write(LIVE)

    row = own()
    assert (row.revision, row.digest) == (3, LIVE.digest)
    assert row.started_at <= row.switched_at <= row.seen_at
    assert str(row) == f"{row.node}:{os.getpid()}"


def test_a_worker_has_one_row_and_a_switch_moves_its_time():
    row = OwnRow()
    row.write(OLD)
    first = own()
    row.write(OLD)
    again = own()
    row.write(LIVE)
    switched = own()

    assert Worker.objects.count() == 1
    assert first.started_at == again.started_at == switched.started_at
    assert first.switched_at == again.switched_at < switched.switched_at
    assert first.seen_at < again.seen_at < switched.seen_at
    assert switched.revision == 3


def test_the_row_of_an_earlier_process_with_the_same_id_is_taken_over():
    OwnRow().write(OLD)
    OwnRow().write(LIVE)

    assert own().revision == 3


def test_a_worker_that_ends_takes_its_row_away_and_no_other():
    other(1, LIVE)
    row = OwnRow()
    row.write(LIVE)

    row.remove()
    row.remove()

    assert [worker.node for worker in Worker.objects.all()] == ["other"]


def test_rows_of_workers_gone_for_an_hour_are_forgotten():
    other(1, OLD, seen_s_ago=FORGET_S + 1)
    other(2, OLD, seen_s_ago=FORGET_S - 60)

    OwnRow().write(LIVE)

    assert set(Worker.objects.values_list("pid", flat=True)) == {2, os.getpid()}


def test_all_workers_on_one_selection_are_complete():
    rows = (other(1, LIVE), other(2, LIVE))

    found = convergence(LIVE)

    assert found.is_complete
    assert (found.alive, found.behind, found.different) == (rows, (), ())


def test_a_worker_on_another_revision_is_behind():
    other(1, LIVE)
    late = other(2, OLD)

    found = convergence(LIVE)

    assert not found.is_complete
    assert (found.behind, found.different) == ((late,), ())


def test_a_worker_whose_environment_differs_is_named():
    odd = other(1, ELSEWHERE)

    found = convergence(LIVE)

    assert not found.is_complete
    assert (found.behind, found.different) == ((), (odd,))


def test_a_worker_that_fell_silent_does_not_count():
    other(1, OLD, seen_s_ago=ALIVE_S + 1)

    assert convergence(LIVE).alive == ()
    assert convergence(LIVE).is_complete
    earlier = timezone.now() - timedelta(seconds=ALIVE_S)
    assert len(convergence(LIVE, earlier).behind) == 1


def test_the_counter_says_its_value():
    assert str(ChangeCounter(value=7)) == "change 7"
