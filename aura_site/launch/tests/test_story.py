"""The whole start and end, as `make run` does it, without the embedded models."""

import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from aura_site.launch import __main__, preparation, story
from aura_site.launch.addresses import answers
from tests.isolation import plain
from tests.ports import free_port
from tests.waiting import wait_until

ROOT = Path(__file__).resolve().parents[3]


# Stand-ins for gunicorn: they answer once, then end or press Ctrl-C.
ANSWERS_ONCE = """
import os, signal, sys, time
from http.server import BaseHTTPRequestHandler, HTTPServer

class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()

chat, embedding = (os.environ[f"AURA_OFFLINE_{n}_URL"] for n in ("CHAT", "EMBEDDING"))
print("the server was given", chat, embedding, flush=True)
HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).handle_request()
"""
ENDS_AFTER_ONE_ANSWER = ANSWERS_ONCE + "sys.exit(7)"
# Once there are two notes in a file, of a start each or of whatever there is to note.
ENDS_WHEN = """
from pathlib import Path
starts, due = Path({starts!r}), time.monotonic() + 30
while not (starts.exists() and len(starts.read_text()) > 1):
    if time.monotonic() > due: sys.exit(9)
    time.sleep(0.02)
sys.exit(7)
"""
# What somebody types in another terminal meanwhile, whose shell has none of our variables.
ACTIVATES = """
import subprocess
done = subprocess.run(
    [sys.executable, "manage.py", "activate_preset", "Offline"], cwd={root!r},
    env={environment!r}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60,
)
print("typed:", done.stdout.decode(), flush=True)
sys.exit(7)
"""
INTERRUPTS_AFTER_ONE_ANSWER = (
    ANSWERS_ONCE
    + "time.sleep(0.3); os.kill(os.getppid(), signal.SIGINT); time.sleep(9)"
)
# Stands in for the worker.
WORKS = "import time; time.sleep(30)"


@pytest.fixture
def told(base, settings, monkeypatch, capfd, kept_connection):
    """Tell the story in this process, with stand-ins for all servers."""
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.getsignal(number) for number in numbers}
    settings.BASE_DIR, settings.AURA_DATA_DIR = base, base / "data"
    settings.AURA_PORT = free_port()
    monkeypatch.setattr(story, "WORKER", ("-c", WORKS))

    class Told:
        output = ""

        def __call__(self, server: str) -> int:
            arguments = ("-c", server, str(settings.AURA_PORT))
            monkeypatch.setattr(story, "GUNICORN", arguments)
            status = story.run()
            self.output = capfd.readouterr().out
            return status

        def order(self, *sentences: str) -> bool:
            places = [self.output.index(sentence) for sentence in sentences]
            return places == sorted(places)

        @property
        def given(self) -> list[str]:
            found = re.search(r"the server was given (\S+) (\S+)", self.output)
            return list(found.groups()) if found else []

    yield Told()
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture
def launch(tmp_path):
    """Start the launcher with settings; its output goes to `tmp_path/output`."""
    started = []

    def start(**settings: str):
        (tmp_path / "data").mkdir(exist_ok=True)
        environment = plain(os.environ) | {
            "AURA_DATA_DIR": str(tmp_path / "data"),
            "AURA_ENV_FILE": str(tmp_path / ".env"),
            "AURA_OFFLINE": "off",
            "WEB_CONCURRENCY": "1",
            **settings,
        }
        with (tmp_path / "output").open("wb") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", "aura_site.launch"],
                cwd=ROOT,
                env=environment,
                stdout=output,
                stderr=output,
            )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()  # gunicorn follows it
        process.wait()


@pytest.fixture
def output(tmp_path):
    return lambda: (tmp_path / "output").read_text()


def test_help_names_the_settings(capsys, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["launch", "--help"])
    with pytest.raises(SystemExit) as ended:
        __main__.main()
    assert ended.value.code == 0
    assert "WEB_CONCURRENCY" in capsys.readouterr().out


def test_taken_port_ends_the_start_before_it_begins(settings):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        settings.AURA_HOST, settings.AURA_PORT = taken.getsockname()
        with pytest.raises(SystemExit) as ended:
            story.run()
    assert "is taken by another program" in str(ended.value.code)


@pytest.mark.django_db
def test_start_is_told_from_the_embedded_models_to_the_end(told):
    assert told(ENDS_AFTER_ONE_ANSWER) == 7
    assert told.order(
        "OPENROUTER_API_KEY is not set",
        "The embedded models are ready.",
        "The preset Offline is live",
        "the server was given",
        "Aura is running.",
    )
    chat, embedding = told.given
    assert chat.endswith("/v1") and embedding.endswith("/v1") and chat != embedding


@pytest.mark.slow
@pytest.mark.django_db
def test_command_in_another_terminal_asks_the_models_that_run(
    told, settings, migrated_folder
):
    shutil.copytree(migrated_folder, settings.AURA_DATA_DIR, dirs_exist_ok=True)
    environment = plain(os.environ) | {
        "AURA_DATA_DIR": str(settings.AURA_DATA_DIR),
        "AURA_ENV_FILE": str(settings.AURA_DATA_DIR / ".env"),
    }
    types = ACTIVATES.format(root=str(ROOT), environment=environment)
    assert told(ANSWERS_ONCE + types) == 7
    typed = told.output.partition("typed:")[2]
    assert re.search(
        r"^embedding +offline/\S+ +answers in .* 384 numbers$", typed, re.M
    )
    assert "Offline is live as revision 1." in typed


@pytest.mark.django_db
def test_worker_runs_beside_the_server_and_its_output_is_marked(
    told, monkeypatch, tmp_path
):
    notes = tmp_path / "notes"
    works = f"print('at work', flush=True); open({str(notes)!r}, 'w').write('xx'); "
    monkeypatch.setattr(story, "WORKER", ("-c", works + WORKS))
    assert told(ANSWERS_ONCE + ENDS_WHEN.format(starts=str(notes))) == 7
    assert "worker: at work" in told.output


@pytest.mark.django_db
def test_worker_that_dies_starts_again_and_the_server_stays(
    told, monkeypatch, caplog, tmp_path
):
    starts = tmp_path / "starts"
    dies = f"open({str(starts)!r}, 'a').write('x'); raise SystemExit(1)"
    monkeypatch.setattr(story, "WORKER", ("-c", dies))
    assert told(ANSWERS_ONCE + ENDS_WHEN.format(starts=str(starts))) == 7
    assert "The worker ended (exit status 1) and starts again" in caplog.text


@pytest.mark.django_db
def test_interrupt_ends_the_server_and_gives_its_status(told):
    assert told(INTERRUPTS_AFTER_ONE_ANSWER) == 128 + signal.SIGTERM
    assert told.order("Aura is running.", "Stopping:", "Aura has stopped.")


@pytest.mark.django_db
def test_interrupt_before_the_server_has_a_status_of_its_own(
    told, monkeypatch, settings
):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(preparation, "run_checks", interrupt)
    assert told(ENDS_AFTER_ONE_ANSWER) == 130


@pytest.mark.django_db
def test_server_that_ends_at_once_is_told(told):
    assert told("raise SystemExit(3)") == 3
    assert told.order("The server does not answer.")


@pytest.mark.slow
def test_aura_starts_answers_and_stops(launch, output):
    port = free_port()
    process = launch(PORT=str(port))
    wait_until(lambda: "Stop it with Ctrl-C" in output(), "the welcome", timeout_s=120)
    assert answers(f"http://127.0.0.1:{port}/health")
    assert "OPENROUTER_API_KEY is not set" in output()
    children = psutil.Process(process.pid).children(recursive=True)
    process.send_signal(signal.SIGINT)
    assert process.wait(60) == 0
    assert "Aura has stopped." in output()
    assert not any(child.is_running() for child in children)


@pytest.mark.slow
def test_worker_that_is_killed_comes_back_and_nothing_else_ends(launch, output):
    port = free_port()
    process = launch(PORT=str(port))
    wait_until(lambda: "Stop it with Ctrl-C" in output(), "the welcome", timeout_s=120)
    (first,) = workers_of(process)
    os.kill(first, signal.SIGKILL)
    wait_until(
        lambda: workers_of(process) not in ([], [first]), "another worker", timeout_s=40
    )
    assert "The worker ended (exit status 137) and starts again in 1 s" in output()
    assert answers(f"http://127.0.0.1:{port}/health")
    children = psutil.Process(process.pid).children(recursive=True)
    process.send_signal(signal.SIGINT)
    assert process.wait(60) == 0
    assert not any(child.is_running() for child in children)


def workers_of(launcher) -> list[int]:
    """Return the ids of the processes that run background tasks."""
    children = psutil.Process(launcher.pid).children(recursive=True)
    return [child.pid for child in children if "run_tasks" in _command(child)]


def _command(process: psutil.Process) -> list[str]:
    with contextlib.suppress(psutil.NoSuchProcess):
        return process.cmdline()
    return []


@pytest.mark.slow
def test_settings_that_cannot_be_used_end_with_a_sentence(launch, output):
    assert launch(DATABASE_URL="mysql://127.0.0.1/aura").wait(60) == 1
    assert output().startswith("Aura cannot start: DATABASE_URL must begin with")


@pytest.mark.slow
def test_server_that_cannot_start_ends_the_launcher_with_its_status(launch, output):
    process = launch(PORT=str(free_port()), GUNICORN_CMD_ARGS="--worker-class=nonsense")
    assert process.wait(60) not in (0, None)
    assert "The server does not answer" in output()
