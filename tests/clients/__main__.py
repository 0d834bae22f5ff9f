"""`python -m tests.clients`: install each client where nothing else is, and try it against
an Aura with a model server that answers, breaks off and calls tools as it is told."""

import logging
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.server import ROOT, AuraServer
from tests.upstream import FakeUpstream

HERE = Path(__file__).resolve().parent
CACHE = ROOT / ".cache" / "clients"
ALIASES = "breaks=l1,calls-tools=l2"
BREAKS, CALLS_TOOLS = "test/breaks", "test/calls-tools"
TOOL_CALL = {
    "id": "call_1",
    "type": "function",
    "function": {"name": "weather", "arguments": "{}"},
}
TIMEOUT_S = 120


@dataclass(frozen=True)
class Trial:
    """A client: what it is called, what runs it, and its script."""

    name: str
    runner: Sequence[str]
    script: Path

    def run(self, url: str, key: str) -> str:
        """Return "" when the script ended well, else what it said."""
        with tempfile.TemporaryDirectory() as folder:
            done = subprocess.run(
                [*self.runner, str(self.script), url, key],
                cwd=self.script.parent,
                env={**os.environ, "LLM_USER_PATH": folder, "NO_COLOR": "1"},
                capture_output=True,
                text=True,
                timeout=TIMEOUT_S,
            )
        return "" if done.returncode == 0 else done.stdout + done.stderr


def main() -> int:
    """Try every client; the exit code is the number of those that failed."""
    logging.getLogger("aiohttp.server").disabled = True  # it tells of what was scripted
    trials = [*_python_trials(), *_node_trials()]
    failed = 0
    with FakeUpstream() as upstream:
        upstream.script(BREAKS, drop_after=1)
        upstream.script(CALLS_TOOLS, tool_calls=[TOOL_CALL])
        with AuraServer(_environment(upstream.url)) as server:
            for trial in trials:
                began = time.monotonic()
                trouble = trial.run(f"{server.url}/v1", server.key)
                word = "failed" if trouble else "passed"
                took_s = time.monotonic() - began
                print(f"{word:7} {trial.name} ({took_s:.1f} s)\n{trouble}", end="")
                failed += bool(trouble)
    return failed


def _environment(upstream: str) -> dict[str, str]:
    return {
        "OPENROUTER_BASE_URL": upstream,
        "OPENROUTER_API_KEY": "sk-for-tests-of-clients",
        "AURA_L1_MODEL": BREAKS,
        "AURA_L2_MODEL": CALLS_TOOLS,
        "AURA_MODEL_ALIASES": ALIASES,
    }


def _python_trials() -> list[Trial]:
    openai = HERE / "with_openai.py"
    return [
        Trial("openai-python 3", [sys.executable], openai),
        Trial("openai-python 2", [_python("openai-2")], openai),
        Trial("llm", [_python("llm")], HERE / "with_llm.py"),
    ]


def _python(name: str) -> str:
    """Return the Python of a virtual environment with what `name`.lock pins."""
    lock, folder = HERE / f"{name}.lock", CACHE / name
    python, done = folder / "bin" / "python", folder / "lock"
    if not done.exists() or done.read_bytes() != lock.read_bytes():
        print(f"Installing {name} ...", flush=True)
        subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
        pip = [str(python), "-m", "pip", "install", "-q", "-q", "--require-hashes"]
        subprocess.run([*pip, "-r", str(lock)], check=True)
        shutil.copy(lock, done)
    return str(python)


def _node_trials() -> list[Trial]:
    node = HERE / "node"
    if not (npm := shutil.which("npm")):
        raise SystemExit("The clients in JavaScript need Node.js 18 with npm.")
    if not (node / "node_modules").exists():
        print("Installing the clients in JavaScript ...", flush=True)
        subprocess.run([npm, "ci", "--silent"], cwd=node, check=True)
    return [
        Trial("openai-node 6", ["node"], node / "openai.mjs"),
        Trial("Vercel AI SDK 6", ["node"], node / "ai-sdk.mjs"),
    ]


if __name__ == "__main__":
    sys.exit(main())
