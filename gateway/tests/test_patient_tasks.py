"""Tasks that wait for models hold nothing else up: several run at a time, beside the loop."""

import shutil
import threading

import pytest

from gateway.background.patient import AT_ONCE, PatientTasks
from gateway.background.queues import DEFAULT, PATIENT, has_ready
from gateway.background.worker import TaskWorker
from gateway.tests import waiting_task
from gateway.tests.waiting_task import wait_for_word
from tests.own_database import own_database
from tests.waiting import wait_until


@pytest.fixture
def database(migrated_folder, tmp_path, django_db_blocker):
    """A database that several threads can open."""
    shutil.copytree(migrated_folder, tmp_path, dirs_exist_ok=True)
    with django_db_blocker.unblock(), own_database("", tmp_path):
        yield


@pytest.fixture
def patient(database):
    waiting_task.begun.clear()
    waiting_task.may_end = threading.Event()
    tasks = PatientTasks(look_every_s=0.01)
    tasks.start()
    yield tasks
    waiting_task.may_end.set()
    assert tasks.stop()


def test_a_patient_task_is_done(patient):
    waiting_task.may_end.set()
    wait_for_word.enqueue("one")
    wait_until(lambda: waiting_task.begun == ["one"], "the task")


def test_several_wait_at_the_same_time_and_no_more_than_that(patient):
    for number in range(AT_ONCE + 2):
        wait_for_word.enqueue(str(number))
    wait_until(lambda: len(waiting_task.begun) == AT_ONCE, "as many as may be")
    assert has_ready(PATIENT)
    waiting_task.may_end.set()
    wait_until(lambda: len(waiting_task.begun) == AT_ONCE + 2, "the others")


def test_what_is_not_patient_goes_on_meanwhile(patient):
    wait_for_word.enqueue("one")
    wait_until(lambda: waiting_task.begun, "the task")
    worker = TaskWorker(interval_s=0.01)
    assert worker.turn()
    assert not has_ready(DEFAULT)


def test_the_loop_leaves_patient_tasks_alone(database):
    wait_for_word.enqueue("one")
    assert TaskWorker(interval_s=0.01).turn()
    assert has_ready(PATIENT)


def test_a_stop_does_not_wait_for_ever(database):
    waiting_task.begun.clear()
    waiting_task.may_end = threading.Event()
    tasks = PatientTasks(look_every_s=0.01)
    tasks.start()
    wait_for_word.enqueue("one")
    wait_until(lambda: waiting_task.begun, "the task")
    assert not tasks.stop(timeout_s=0.05)
    waiting_task.may_end.set()
    assert tasks.stop()


def test_on_a_small_machine_one_waits_at_a_time(database):
    waiting_task.begun.clear()
    waiting_task.may_end = threading.Event()
    tasks = PatientTasks(at_once=1, look_every_s=0.01)
    tasks.start()
    for number in range(2):
        wait_for_word.enqueue(str(number))
    wait_until(lambda: waiting_task.begun, "the first")
    assert has_ready(PATIENT)
    waiting_task.may_end.set()
    wait_until(lambda: len(waiting_task.begun) == 2, "the second")
    assert tasks.stop()
