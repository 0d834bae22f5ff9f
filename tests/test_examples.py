"""The examples run as they stand, against Aura and a model server, and are short."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from tests.isolation import plain
from tests.server import AuraServer
from tests.upstream import FakeUpstream
from tests.waiting import wait_until

ROOT = Path(__file__).resolve().parent.parent
EXAMPLES = ROOT / "examples"
NODE_FOLDER = ROOT / ".cache" / "examples"
MODEL = "google/gemini-flash-1.5"  # Budget's L3
LINES_MAX = 15
CHAT_LINES_MAX = 20
INSTALL_S, RUN_S = 120, 60


@pytest.fixture(scope="module")
def server():
    """Aura with Budget live, before a model server."""
    with FakeUpstream() as upstream:
        environment = {"OPENROUTER_BASE_URL": upstream.url, "OPENROUTER_API_KEY": "k"}
        with AuraServer(environment, workers=1) as server:
            server.manage("activate_preset", "Budget")
            wait_until(lambda: is_live(server, "Budget"), "Budget to serve")
            yield server


def is_live(server: AuraServer, preset: str) -> bool:
    health = requests.get(f"{server.url}/health", timeout=5)
    return bool(health.json()["preset"] == preset)


@pytest.fixture(scope="module")
def node_folder() -> Path:
    """A folder with what package.json pins; it stays for the next run."""
    if not (shutil.which("node") and shutil.which("npm")):
        pytest.skip("Node with npm is not installed on this machine.")
    NODE_FOLDER.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "node_openai.mjs"):
        shutil.copy(EXAMPLES / name, NODE_FOLDER)
    if not _is_installed():
        quiet = ("--no-audit", "--no-fund", "--no-package-lock", "--loglevel=error")
        run(["npm", "install", *quiet], NODE_FOLDER, {}, INSTALL_S)
    return NODE_FOLDER


def _is_installed() -> bool:
    pinned = json.loads((EXAMPLES / "package.json").read_text())["dependencies"]
    installed = NODE_FOLDER / "node_modules" / "openai" / "package.json"
    version = json.loads(installed.read_text())["version"] if installed.exists() else ""
    return bool(version == pinned["openai"])


def run(command, folder, environment, within_s=RUN_S) -> str:
    """Run a command as a user would, and return what it says."""
    # Registries and certificates are the machine's own business.
    machine = {
        k: v for k, v in os.environ.items() if re.match("(?i)npm_|node_|ssl_", k)
    }
    done = subprocess.run(
        command,
        cwd=folder,
        env=plain(os.environ) | machine | environment,
        capture_output=True,
        text=True,
        timeout=within_s,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def answer(server: AuraServer, command, folder=ROOT) -> str:
    """Return what an example prints, told of Aura as its README says."""
    where = {"AURA_BASE_URL": f"{server.url}/v1", "AURA_API_KEY": server.key}
    return run(command, folder, where)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["python_openai.py", "langchain_openai_chat.py"])
def test_python_example_streams_and_names_the_model(name, server):
    said = answer(server, [sys.executable, f"examples/{name}"])
    assert said.startswith(f"Model: {MODEL}\n{MODEL} says hello, {MODEL} goes on")


@pytest.mark.slow
def test_node_example_streams_and_names_the_model(server, node_folder):
    said = answer(server, ["node", "node_openai.mjs"], node_folder)
    assert said.startswith(f"Model: {MODEL}\n{MODEL} says hello, {MODEL} goes on")


def of_chat(server: AuraServer, command) -> dict[str, object]:
    """Return the turn that a conversation's example prints below the reply."""
    reply, _, last = answer(server, [*command, "I", "like", "tea."]).partition(
        "\ndone: "
    )
    assert reply == f"{MODEL} says hello, {MODEL} goes on, {MODEL} goes on"
    return dict(json.loads(last))


@pytest.mark.slow
def test_chat_example_in_python_streams_a_turn(server):
    turn = of_chat(server, [sys.executable, "examples/chat_python.py"])
    assert (turn["preset"], turn["number"]) == ("Budget", 1)


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("node"), reason="Node is not installed here.")
def test_chat_example_in_node_streams_a_turn(server):
    turn = of_chat(server, ["node", "examples/chat_node.mjs"])
    assert (turn["preset"], turn["number"]) == ("Budget", 1)


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("curl"), reason="curl is not installed here.")
def test_curl_example_streams_and_names_the_model(server):
    said = answer(server, ["sh", "examples/curl.sh"])
    assert f"x-aura-model: {MODEL}\n" in said.lower().replace("\r", "")
    assert said.rstrip().endswith("data: [DONE]")


def examples() -> list[Path]:
    return [p for p in EXAMPLES.iterdir() if p.suffix in (".py", ".mjs", ".sh")]


def code_of(text: str) -> list[str]:
    """Return the lines that are neither blank, nor comment, nor docstring."""
    lines = (line.strip() for line in text.splitlines())
    return [line for line in lines if line and not line.startswith(("#", "//", '"""'))]


@pytest.mark.parametrize("path", examples(), ids=lambda path: path.name)
def test_example_is_short_and_listed(path):
    longest = CHAT_LINES_MAX if path.name.startswith("chat_") else LINES_MAX
    assert 0 < len(code_of(path.read_text())) <= longest
    assert f"[{path.name}]({path.name})" in (EXAMPLES / "README.md").read_text()
