"""Schedules of presets beside the tasks: a check of models holds none up, and a schedule begins
once, whatever becomes of the worker that asks."""

import shutil
import signal
from contextlib import ExitStack
from datetime import time, timedelta

import pytest
from django.core import mail
from django.db import OperationalError
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from brains.models import Activation, ModelPreset
from brains.schedules.models import Schedule
from brains.schedules.turns import take_turns
from gateway.background import turns
from gateway.background.queues import DEFAULT, has_ready
from gateway.background.turns import ScheduleTurns
from gateway.background.worker import TaskWorker
from providers.registry import Registry
from providers.shipped import openrouter
from tests.own_database import own_database
from tests.waiting import wait_until
from tests.workers import worker_of

MODEL = "test/slow"


@pytest.fixture
def sqlite(migrated_folder, tmp_path, django_db_blocker):
    """A database that other threads and processes can open."""
    shutil.copytree(migrated_folder, tmp_path, dirs_exist_ok=True)
    with django_db_blocker.unblock(), own_database("", tmp_path):
        yield


@pytest.fixture
def due(sqlite):
    """A schedule that is due all day; one model serves its layers."""
    fields = dict.fromkeys(("l1_model", "l2_model", "l3_model"), MODEL)
    preset = ModelPreset.objects.create(name="Night", slug="night", **fields)
    return Schedule.objects.create(preset=preset, begins=time(0), ends=time(0))


@pytest.fixture
def asked(settings, upstream):
    """The models are asked first; the stream of L1's stands still until it is released."""
    settings.AURA_PREFLIGHT = True
    settings.AURA_PROVIDERS = Registry({"openrouter": openrouter(upstream.url, "k")})
    settings.AURA_ENV_RUNG, settings.AURA_DOTENV_RUNG = {}, {}
    upstream.script(MODEL, hold_after=1)
    return lambda: any(request.model == MODEL for request in upstream.requests)


@pytest.fixture
def running(sqlite):
    """The thread at work; it may look while the test does."""
    thread = ScheduleTurns(every_s=0.01)
    yield thread
    thread.stop(timeout_s=10)


def begun() -> list[str | None]:
    return [row.preset_name for row in Activation.objects.order_by("revision")]


def test_a_schedule_begins(due, settings, running):
    settings.AURA_PREFLIGHT = False
    running.start()
    wait_until(lambda: begun() == ["Night"], "the schedule to begin")


def test_tasks_are_done_while_its_models_are_asked(
    due, asked, running, upstream, monkeypatch
):
    monkeypatch.setattr("brains.preflight.asking.ANSWER_S", 60.0)
    running.start()
    wait_until(asked, "a model to be asked")

    assert TaskWorker(interval_s=0.01).turn()

    assert DBTaskResult.objects.successful().count() >= 4 and not has_ready(DEFAULT)
    assert begun() == [], "it hangs still"
    upstream.release()
    wait_until(lambda: begun() == ["Night"], "the schedule to begin")


def test_one_that_is_left_out_is_told(sqlite, settings):
    settings.AURA_EMBEDDING_LOCK = True
    settings.AURA_NOTICE_EMAILS = ["ops@example.com"]
    offline = ModelPreset.objects.get(slug="offline")
    offline.schedules.create(begins=time(0), ends=time(0))

    ScheduleTurns(every_s=1).look(timezone.now())
    assert TaskWorker(interval_s=0.01).turn()

    [message] = mail.outbox
    assert message.subject == "Aura: Offline was not made live by its schedule"


@pytest.mark.parametrize("error", [OperationalError("away"), RuntimeError("a bug")])
def test_a_look_that_fails_is_not_the_last(
    due, settings, running, monkeypatch, caplog, error
):
    settings.AURA_PREFLIGHT = False
    failed: list[Exception] = []

    def fail_once(now):
        if failed:
            return take_turns(now)
        failed.append(error)
        raise error

    monkeypatch.setattr(turns, "take_turns", fail_once)
    running.start()
    wait_until(lambda: begun() == ["Night"], "the schedule to begin")
    assert ("a bug" in caplog.text) == isinstance(error, RuntimeError)


@pytest.fixture
def start(sqlite, tmp_path, upstream):
    """Return a function that starts a worker."""
    settings = {
        "OPENROUTER_BASE_URL": upstream.url,
        "OPENROUTER_API_KEY": "sk-tests",
        "AURA_PREFLIGHT": "on",
    }
    worker = worker_of(tmp_path, settings)
    with ExitStack() as running:
        yield lambda: running.enter_context(worker())


@pytest.mark.slow
def test_one_whose_worker_is_killed_in_its_check_begins_once(
    due, asked, start, upstream
):
    worker = start()
    wait_until(asked, "a model to be asked", timeout_s=40)
    worker.send_signal(signal.SIGKILL)
    worker.wait()
    assert begun() == [] and Schedule.objects.get().began_as is None

    upstream.script(MODEL)
    for _ in range(2):
        start()
    wait_until(begun, "the schedule to begin", timeout_s=40)
    looks = DBTaskResult.objects.successful()
    since = timezone.now() + timedelta(seconds=1)
    wait_until(lambda: timezone.now() > since and looks.exists(), "more looks", 40)
    assert begun() == ["Night"]
