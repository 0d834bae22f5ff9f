"""A gateway: started on its core, asked whether it answers as it should, stopped. Which
gateways there are is said in `aura` and `lineup`."""

import json
import os
import re
import shutil
import signal
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

from bench.programs import start
from tests.waiting import wait_until

KEY = "bench-only-key-of-more-than-32-characters"
DIMENSION = 1536
_QUESTION = [{"role": "user", "content": "What did we say yesterday?"}]
_STOP_S = 15.0
_LAST_LINES = 6


@dataclass
class Gateway:
    """`commands` are all its programs, run in `folder`; none: nothing is started. `url` ends
    in /v1; where it is not known before the start, `url_in_log` finds it in `log`. What it
    `does` is said beside the figures."""

    name: str
    title: str
    does: str
    url: str
    folder: Path
    log: Path
    commands: Sequence[Sequence[str]] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    model: str = "aura/l3"
    embedding_model: str = "aura/embedding"
    key: str = KEY
    url_in_log: str = ""
    _processes: list[subprocess.Popen[str]] = field(default_factory=list)

    @property
    def pids(self) -> list[int]:
        """The processes that were started, without their descendants."""
        return [process.pid for process in self._processes]

    def start(self, core: int) -> None:
        """Start its programs on `core`; what they write goes to one log."""
        for command in self.commands:
            with self.log.open("ab") as log:
                process = start(
                    core,
                    command,
                    folder=self.folder,
                    environment=self.environment,
                    log=log,
                )
            self._processes.append(process)

    def wait_until_ready(self, timeout_s: float = 120.0) -> None:
        """Wait until it answers a question, a stream and an embedding as it should.

        Raises RuntimeError, with what it said last, when it ends or does not get there.
        """
        faults: list[str] = []

        def is_ready() -> bool:
            if any(process.poll() is not None for process in self._processes):
                raise RuntimeError(f"It ended.\n{self._last_words()}")
            faults[:] = self._faults()
            return not faults

        try:
            wait_until(is_ready, f"{self.title} to answer", timeout_s, every_s=0.5)
        except TimeoutError as late:
            raise RuntimeError(f"{late} {faults[0]}\n{self._last_words()}") from late

    def stop(self) -> None:
        """Stop with TERM; by force when that takes long."""
        for process in self._processes:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGTERM)
        for process in self._processes:
            try:
                process.wait(_STOP_S)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        self._processes.clear()

    def ask(self, stream: bool = False) -> requests.Response:
        """Ask one question."""
        body = {"model": self.model, "messages": _QUESTION, "stream": stream}
        return self._post("chat/completions", body)

    def _faults(self) -> list[str]:
        if self.url_in_log and not self.url:
            found = re.search(self.url_in_log, self.log.read_text())
            self.url = found[1] if found else ""
        try:
            return [] if self.url and self._answers_right() else ["It answers wrongly."]
        except (requests.RequestException, ValueError, LookupError) as error:
            return [f"{type(error).__name__}: {str(error)[:300]}"]

    def _answers_right(self) -> bool:
        question = {"model": self.embedding_model, "input": "yesterday"}
        vector = self._post("embeddings", question).json()["data"][0]["embedding"]
        streamed = self.ask(stream=True).text
        text = self.ask().json()["choices"][0]["message"]["content"]
        return (
            text.startswith("Yesterday we spoke")
            and '"t=' in streamed
            and "[DONE]" in streamed
            and len(vector) == DIMENSION
        )

    def _post(self, path: str, body: Mapping[str, Any]) -> requests.Response:
        with requests.Session() as session:
            session.trust_env = False
            answer = session.post(
                f"{self.url}/{path}",
                data=json.dumps(body),
                headers={
                    "Authorization": f"Bearer {self.key}",
                    "Content-Type": "application/json",
                },
                timeout=10,
            )
        if not answer.ok:
            raise requests.HTTPError(f"{answer.status_code}: {answer.text[:200]}")
        return answer

    def _last_words(self) -> str:
        lines = self.log.read_text(errors="replace").splitlines()
        return "\n".join(lines[-_LAST_LINES:])


def program_environment() -> dict[str, str]:
    """Return what any program needs, and nothing that could set one up otherwise."""
    wanted = ("PATH", "HOME", "LANG", "TMPDIR")
    return {name: os.environ[name] for name in wanted if name in os.environ}


def find_program(name: str) -> str | None:
    """Return where a program is, on the PATH or where Debian keeps servers."""
    return shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin")
