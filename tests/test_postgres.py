"""The throw-away PostgreSQL starts, can be killed and suspended for real, and goes away."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import psycopg
import pytest

from tests import postgres_binaries
from tests.postgres import PostgresServer

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def server():
    with PostgresServer() as server:
        yield server


def ask(url, question="SELECT 1", **options):
    with psycopg.connect(url, connect_timeout=2, autocommit=True, **options) as c:
        row = c.execute(question).fetchone()
        return row and row[0]


def is_alive(process):
    return process.is_running() and process.status() != psutil.STATUS_ZOMBIE


def test_server_answers_with_an_empty_database(server):
    assert server.url.startswith("postgres://postgres@127.0.0.1:")
    assert ask(server.url, "SELECT current_database()") == "aura"
    assert ask(server.url, "SELECT count(*) FROM pg_stat_user_tables") == 0
    assert ask(server.url, "SHOW fsync") == "off"


def test_second_database_is_another_one(server):
    url = server.create_database("other-1")
    assert ask(url, "SELECT current_database()") == "other-1"


def test_killed_server_refuses_and_comes_back_with_its_data(server):
    url = server.create_database("kept")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 7 AS number")
        family = server._family()
        server.kill()
        with pytest.raises(psycopg.OperationalError):
            connection.execute("SELECT 1")
    assert len(family) > 3 and not any(map(is_alive, family))
    with pytest.raises(psycopg.OperationalError, match="refused"):
        ask(url)
    server.start()
    assert ask(url, "SELECT number FROM kept") == 7


def test_kill_and_start_can_follow_each_other(server):
    for _ in range(3):
        server.kill()
        server.start()
        assert ask(server.url) == 1


def test_suspended_server_hangs_until_resumed(server):
    with psycopg.connect(server.url) as connection, ThreadPoolExecutor() as threads:
        server.suspend()
        try:
            answer = threads.submit(connection.execute, "SELECT 1")
            with pytest.raises(psycopg.errors.ConnectionTimeout):
                ask(server.url)
            assert not answer.done()
        finally:
            server.resume()
        assert answer.result(timeout=5).fetchone() == (1,)
    assert ask(server.url) == 1


def test_suspended_server_can_be_stopped_and_killed(server):
    server.suspend()
    server.stop()
    server.start()
    server.suspend()
    server.kill()
    server.start()
    assert ask(server.url) == 1


def test_settings_reach_the_server_and_durable_keeps_fsync():
    with PostgresServer(durable=True, max_connections="5") as server:
        assert ask(server.url, "SHOW max_connections") == "5"
        assert ask(server.url, "SHOW fsync") == "on"
        folder = Path(ask(server.url, "SHOW data_directory"))
    assert not folder.parent.exists()


@pytest.mark.skipif(not postgres_binaries.wheel_folder(), reason="the wheel is absent")
def test_wheel_serves_where_nothing_is_installed(monkeypatch, tmp_path):
    monkeypatch.setattr(postgres_binaries, "INSTALLED", ())
    monkeypatch.setenv("PATH", str(tmp_path))
    with PostgresServer() as server:
        assert str(postgres_binaries.wheel_folder()) in str(postgres_binaries.find())
        assert ask(server.url) == 1


@pytest.mark.skipif(os.getuid() != 0, reason="only root has to step down")
def test_closed_folder_of_the_wheel_is_no_obstacle(monkeypatch, tmp_path):
    wheel = postgres_binaries.wheel_folder()
    assert wheel, "requirements-dev.lock brings it"
    tmp_path.chmod(0o700)
    closed = tmp_path / wheel.name
    closed.mkdir()
    newest = max(wheel.glob("pginstall*"))
    subprocess.run(["cp", "-a", newest, closed], check=True)
    if (libraries := wheel.with_name(f"{wheel.name}.libs")).is_dir():
        subprocess.run(["cp", "-a", libraries, tmp_path], check=True)
    monkeypatch.setattr(postgres_binaries, "wheel_folder", lambda: closed)
    monkeypatch.setattr(postgres_binaries, "INSTALLED", ())
    monkeypatch.setenv("PATH", str(tmp_path))
    with PostgresServer() as server:
        assert ask(server.url) == 1


def test_missing_postgres_is_reported_with_the_way_to_get_it(monkeypatch, tmp_path):
    monkeypatch.setattr(postgres_binaries, "wheel_folder", lambda: None)
    monkeypatch.setattr(postgres_binaries, "INSTALLED", ())
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(postgres_binaries.PostgresMissing, match="apt-get install"):
        PostgresServer().start()


def test_command_runs_with_the_url_and_its_exit_code_comes_back():
    code = "import os, sys; print(os.environ['DATABASE_URL']); sys.exit(3)"
    command = [sys.executable, "-m", "tests.postgres", "--", sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (3, "")
    url = done.stdout.strip()
    assert url.endswith("/aura")
    with pytest.raises(psycopg.OperationalError, match="refused"):
        ask(url)
