"""Whether the embedded models are wanted, and the start of their servers."""

import os
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

from aura_site.dotenv import read_dotenv
from aura_site.embedded_models import FILE, Ports
from aura_site.environment import Environment
from aura_site.launch import offline
from aura_site.launch.addresses import answers
from aura_site.model_servers import model_servers
from tests.isolation import plain

ROOT = Path(__file__).resolve().parents[3]
TELLS = """
from aura_site import settings
offline = settings.AURA_PROVIDERS["offline"]
print(offline.base_url, offline.embedding_base_url)
"""


def registry(ports: Ports | None = None, **variables: str):
    no_file = read_dotenv(Path("/nonexistent/.env"))
    return model_servers(Environment(variables, no_file), ports)


def told_elsewhere(data: Path) -> list[str]:
    """Return where another process with this data folder finds the servers."""
    environment = plain(os.environ) | {
        "AURA_DATA_DIR": str(data),
        "AURA_ENV_FILE": str(data / ".env"),
    }
    command = [sys.executable, "-c", TELLS]
    told = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60
    )
    assert told.returncode == 0, told.stderr
    return told.stdout.split()


def start(running, base, said):
    return offline.start(running, base, base / "data", said.append)


def test_they_are_wanted_without_a_key():
    assert offline.is_wanted("auto", registry(), ["google/gemma-7b-it"])


def test_they_are_not_wanted_with_a_key():
    with_key = registry(OPENROUTER_API_KEY="sk-1")
    assert not offline.is_wanted("auto", with_key, ["google/gemma-7b-it"])


def test_they_are_wanted_with_a_key_when_a_model_of_theirs_is_effective():
    with_key = registry(OPENROUTER_API_KEY="sk-1")
    assert offline.is_wanted("auto", with_key, ["a/b", "offline/smollm2-135m"])


def test_they_are_never_wanted_when_turned_off():
    assert not offline.is_wanted("off", registry(), ["offline/smollm2-135m"])


@pytest.mark.parametrize(
    "name", ["AURA_OFFLINE_CHAT_URL", "AURA_OFFLINE_EMBEDDING_URL"]
)
def test_they_are_not_wanted_beside_servers_that_the_user_named(name):
    named = registry(None, **{name: "http://127.0.0.1:9999/v1"})
    assert not offline.is_wanted("auto", named, ["offline/smollm2-135m"])


def test_they_are_wanted_although_another_launcher_has_started_them():
    assert offline.is_wanted("auto", registry(Ports(1, 2)), ["a/b"])


def test_another_process_with_the_same_data_folder_finds_them(base):
    with ExitStack() as running:
        models = start(running, base, [])
        assert told_elsewhere(base / "data") == list(models.variables.values())
    assert told_elsewhere(base / "data") == [
        "http://127.0.0.1:18090/v1",
        "http://127.0.0.1:18091/v1",
    ]


def test_data_folder_that_does_not_take_their_ports_is_told(base):
    (base / "data" / FILE).mkdir()
    said: list[str] = []
    with ExitStack() as running:
        assert start(running, base, said).servers
    assert said[0].startswith("Commands in other terminals will not find the embedded")
    assert said[-1] == "The embedded models are ready."


def test_both_servers_start_answer_and_end(base):
    said: list[str] = []
    with ExitStack() as running:
        models = start(running, base, said)
        chat, embedding = models.variables.values()
        assert list(models.variables) == [
            "AURA_OFFLINE_CHAT_URL",
            "AURA_OFFLINE_EMBEDDING_URL",
        ]
        assert chat != embedding
        for url in (chat, embedding):
            assert answers(url.removesuffix("/v1") + "/health")
        assert said == ["The embedded models are ready."]
    assert not answers(chat.removesuffix("/v1") + "/health")
    assert all(server.has_ended() for server in models.servers)


def test_server_that_fails_is_told_and_the_other_ends(base):
    (base / "aura_site/launch/embedding_server.py").write_text("raise SystemExit('no')")
    said: list[str] = []
    with ExitStack() as running:
        assert start(running, base, said) == offline.NOT_STARTED
    assert "The embedded embedding model's server did not start" in said[0]
    assert (base / "data" / "offline-embedding.log").read_text() == "no\n"


def test_installation_that_fails_is_no_reason_to_stop(base, monkeypatch, capfd):
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", "")
    (base / "requirements-offline.txt").write_text("no-such-package==1.0\n")
    lock = f"no-such-package==1.0 --hash=sha256:{'0' * 64}\n"
    (base / "requirements-offline.lock").write_text(lock)
    said: list[str] = []
    with ExitStack() as running:
        assert start(running, base, said) == offline.NOT_STARTED
    assert "235 MB to download, 380 MB on disk" in said[0]
    assert "Aura starts without them" in said[1]
    assert "no-such-package" in capfd.readouterr().err


def test_missing_packages_are_installed_and_then_started(base, capfd):
    (base / "requirements-offline.txt").write_text("no-such-package==1.0\n")
    (base / "requirements-offline.lock").write_text("# nothing more to do\n")
    said: list[str] = []
    with ExitStack() as running:
        assert start(running, base, said).servers
    assert said[-1] == "The embedded models are ready."


def test_servers_run_with_this_python_and_its_environment(base):
    program = offline._program("chat", 4711, base, base / "data", {"NAME": "value"})
    assert program.command[0] == sys.executable
    assert program.command[-2:] == ("--port", "4711")
    assert program.environment["NAME"] == "value"
    assert program.environment["PATH"] == os.environ["PATH"]
