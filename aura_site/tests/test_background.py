"""Where background tasks wait, by AURA_TASKS."""

from importlib.util import find_spec

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command

from aura_site.background import LOCAL, QUEUES, background
from gateway.background.queues import DEFAULT, PATIENT


def test_tasks_wait_in_the_database():
    wanted = background("database", "redis://unused:6379/0")
    assert wanted.tasks["default"]["BACKEND"] == "django_tasks_db.DatabaseBackend"
    assert (wanted.apps, wanted.queues) == ((), {})
    assert QUEUES == [DEFAULT, PATIENT]


@pytest.mark.skipif(not find_spec("django_tasks_rq"), reason="Not installed here.")
@pytest.mark.parametrize("url", ["", "redis://:secret@there:6379/1"])
def test_tasks_wait_in_redis(url):
    wanted = background("redis", url)
    assert wanted.tasks["default"]["BACKEND"].endswith(".RedisBackend")
    assert wanted.queues.keys() == set(QUEUES)
    assert {queue["URL"] for queue in wanted.queues.values()} == {url or LOCAL}


@pytest.mark.skipif(bool(find_spec("django_tasks_rq")), reason="They are installed.")
def test_without_its_packages_redis_is_refused_with_the_mend():
    with pytest.raises(ImproperlyConfigured, match=r"requirements-redis\.lock") as told:
        background("redis", "redis://:secret@there:6379/1")
    assert "secret" not in str(told.value)


def test_the_worker_of_redis_says_when_tasks_wait_elsewhere():
    with pytest.raises(CommandError, match="set AURA_TASKS=redis first"):
        call_command("run_redis_tasks")
