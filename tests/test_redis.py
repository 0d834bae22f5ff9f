"""Background tasks in Redis: workers do them, and what a killed one left is done once."""

import json
import shutil
import signal
import sqlite3
import subprocess
import sys
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import pytest
import requests
from django_tasks_db.models import DBTaskResult

from cognition.tests.test_reflection import completion
from tests.ports import free_port
from tests.server import ROOT, AuraServer
from tests.upstream import FakeUpstream
from tests.waiting import wait_until

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not shutil.which("redis-server"), reason="redis-server is not installed here."
    ),
    pytest.mark.skipif(
        not find_spec("django_tasks_rq"),
        reason="requirements-redis.lock is not installed here.",
    ),
]

L2 = "anthropic/claude-3.5-sonnet"
INSIGHT = {"asked": "a", "missed": "m", "remember": ["Ada likes tea."], "advice": "b"}
DONE_WITHIN_S = 150
"""A lease is 45 s, and it is looked for every 10 s."""


class Programs:
    """Redis, Aura, and its workers."""

    def __init__(self, folder, upstream: FakeUpstream) -> None:
        self.folder, self.upstream = folder, upstream
        self.port = free_port()
        self.aura = AuraServer(
            {
                "OPENROUTER_BASE_URL": upstream.url,
                "OPENROUTER_API_KEY": "k",
                "AURA_TASKS": "redis",
                "REDIS_URL": f"redis://127.0.0.1:{self.port}/0",
            },
            workers=1,
        )
        self.started: list[subprocess.Popen[bytes]] = []

    def redis(self) -> "subprocess.Popen[bytes]":
        where = ["--port", str(self.port), "--bind", "127.0.0.1", "--dir", self.folder]
        return self._start(["redis-server", *map(str, where), "--save", ""])

    def worker(self) -> "subprocess.Popen[bytes]":
        return self._start([sys.executable, "manage.py", "run_redis_tasks"])

    def clock(self) -> "subprocess.Popen[bytes]":
        return self._start([sys.executable, "manage.py", "run_tasks", "--interval=0.5"])

    def _start(self, command) -> "subprocess.Popen[bytes]":
        with (self.folder / "log").open("ab") as log:
            process = subprocess.Popen(
                command, cwd=ROOT, env=self.aura.environment, stdout=log, stderr=log
            )
        self.started.append(process)
        return process

    def say(self) -> int:
        """Say something, and return the turn."""
        answer = requests.post(
            f"{self.aura.url}/chat/message",
            json={"message": "I like tea.", "user_id": "ada"},
            headers={"Authorization": f"Bearer {self.aura.key}"},
            timeout=30,
        )
        assert answer.status_code == 200, answer.text
        return int(answer.json()["turn"])

    def reflection(self, turn: int) -> tuple[str, int]:
        """Return the state of a reflection, and its attempts."""
        query = "SELECT state, attempts FROM cognition_reflection WHERE turn_id = ?"
        [row] = self.read(query, turn)
        return row[0], row[1]

    def read(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        database = sqlite3.connect(self.aura.data / "aura.sqlite3")
        try:
            return database.execute(query, values).fetchall()
        finally:
            database.close()

    def l2_requests(self) -> int:
        return sum(request.model == L2 for request in self.upstream.requests)

    def close(self) -> None:
        for process in reversed(self.started):
            process.kill()
            process.wait(10)
        self.aura.close()


@pytest.fixture
def programs(tmp_path, upstream):
    programs = Programs(tmp_path, upstream)
    try:
        programs.redis()
        programs.aura.start()
        yield programs
    except BaseException as error:
        error.add_note(programs.aura.log()[-3000:])
        error.add_note((tmp_path / "log").read_text(errors="replace")[-4000:])
        raise
    finally:
        programs.close()


def test_a_worker_reflects_and_what_a_killed_one_left_is_done_once(programs, upstream):
    upstream.script(L2, body=completion(json.dumps(INSIGHT)))
    clock, worker = programs.clock(), programs.worker()
    first = programs.say()
    wait_until(lambda: programs.reflection(first) == ("done", 1), "a reflection", 60)
    assert programs.l2_requests() == 1

    upstream.script(L2, stall=True)
    second = programs.say()
    wait_until(lambda: programs.l2_requests() == 2, "the second to be begun", 30)
    worker.send_signal(signal.SIGKILL)
    worker.wait(10)
    upstream.script(L2, body=completion(json.dumps(INSIGHT)))
    others = [programs.worker(), programs.worker()]
    wait_until(
        lambda: programs.reflection(second) == ("done", 2), "it again", DONE_WITHIN_S
    )
    third = programs.say()
    wait_until(lambda: programs.reflection(third) == ("done", 1), "one more", 60)
    assert programs.l2_requests() == 4
    noted = "SELECT count(*) FROM cognition_memory WHERE kind = 'noted' AND turn_id = ?"
    assert [programs.read(noted, t) for t in (first, second, third)] == [[(1,)]] * 3
    # What falls due is done there too, and L2's calls are on record: all but those that a
    # process which is killed had not written yet.
    assert programs.read(f"SELECT count(*) FROM {DBTaskResult._meta.db_table}") == [
        (0,)
    ]
    redis = import_module("redis").Redis(port=programs.port)
    wait_until(lambda: redis.zcard("rq:finished:default") >= 3, "what falls due", 30)
    assert redis.zcard("rq:failed:default") == 0
    redis.close()
    for process in (clock, *others):
        process.terminate()
        assert process.wait(30) == 0
    layers = "SELECT count(*) FROM gateway_callrecord WHERE layer = 'l2'"
    assert programs.read(layers)[0][0] >= 2


def test_without_redis_turns_are_answered_and_reflected_on_once_it_is_back(
    programs, upstream
):
    upstream.script(L2, body=completion(json.dumps(INSIGHT)))
    [redis] = programs.started
    redis.kill()
    redis.wait(10)
    turn = programs.say()
    clock = programs.clock()
    wait_until(lambda: "waits for the queue" in log_of(programs), "a warning", 60)
    assert clock.poll() is None
    programs.redis()
    programs.worker()
    # Now, and not in the five minutes that one on its way has.
    database = sqlite3.connect(programs.aura.data / "aura.sqlite3")
    with database:
        database.execute("UPDATE cognition_reflection SET leased_until = NULL")
    database.close()
    wait_until(lambda: programs.reflection(turn) == ("done", 1), "a reflection", 90)


def log_of(programs: Programs) -> str:
    return str((programs.folder / "log").read_text(errors="replace"))
