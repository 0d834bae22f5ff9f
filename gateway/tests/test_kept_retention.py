"""How kept exchanges go: by their age, by the setting, with their key, by command."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django_tasks_db.models import DBTaskResult

from gateway.background import tasks
from gateway.kept import retention
from gateway.kept.models import KeptExchange
from gateway.kept.sealing import Unreadable, key_file, seal, seal_if_any
from gateway.kept.texts import unpack
from gateway.tests.kept import kept

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _keeping(settings, tmp_path, monkeypatch):
    settings.AURA_DATA_DIR = tmp_path
    settings.AURA_KEEP_PROMPTS = True
    monkeypatch.setattr(retention, "PAUSE_S", 0)


def left():
    return set(KeptExchange.objects.all())


@pytest.mark.fault("W13")
def test_old_ones_go_and_young_ones_stay():
    _, young = kept(days=7.1), kept(days=6.9)
    tasks.forget_exchanges.call()
    assert left() == {young}


def test_the_setting_says_how_long(settings):
    settings.AURA_KEEP_PROMPTS_DAYS = 2
    _, young = kept(days=2.1), kept(days=1.9)
    tasks.forget_exchanges.call()
    assert left() == {young}


@pytest.mark.fault("W13")
def test_all_go_once_the_setting_is_off(settings):
    kept(), kept()
    settings.AURA_KEEP_PROMPTS = False
    tasks.forget_exchanges.call()
    assert left() == set()


@pytest.mark.fault("W13")
def test_without_their_key_they_go_and_it_is_said_once(caplog):
    lost = kept()
    key_file().unlink()
    with pytest.raises(Unreadable):
        unpack(seal_if_any(), lost.sealed, lost.call_id)
    young = kept()
    tasks.forget_exchanges.call()
    tasks.forget_exchanges.call()
    assert left() == {young}
    assert caplog.messages == [
        "Deleting 1 kept exchange that nothing opens any more: "
        "the key is not in the data folder."
    ]


def test_what_was_sealed_for_one_row_does_not_open_in_another():
    one, other = kept(), kept()
    with pytest.raises(Unreadable):
        unpack(seal(), one.sealed, other.call_id)


def test_too_many_go_the_oldest_first(monkeypatch):
    monkeypatch.setattr(retention, "KEPT_MAX", 2)
    _, second, third = kept(), kept(), kept()
    tasks.forget_exchanges.call()
    assert left() == {second, third}


def test_they_go_in_batches_and_without_time_in_another_task(monkeypatch):
    monkeypatch.setattr(retention, "BATCH", 2)
    monkeypatch.setattr(tasks, "WITHIN_S", -1)
    for _ in range(3):
        kept(days=8)
    tasks.forget_exchanges.call()
    assert len(left()) == 1
    path = "gateway.background.tasks.forget_exchanges"
    assert DBTaskResult.objects.get().task_path == path


def test_it_runs_every_ten_minutes():
    [one] = [r for r in tasks.RECURRING if r.task == tasks.forget_exchanges]
    assert one.every == timedelta(minutes=10)


def test_the_command_deletes_all(capsys):
    kept(), kept()
    call_command("delete_kept_exchanges")
    assert left() == set()
    assert capsys.readouterr().out == "2 kept exchanges are deleted.\n"
