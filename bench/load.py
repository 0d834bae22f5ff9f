"""The load on a gateway, from the other core: wrk for requests, `streams` for streams."""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from bench import programs
from bench.gateways import Gateway

_SCRIPT = Path(__file__).with_name("requests.lua")
_WORDS = "Summarise what we said yesterday about models that change while they serve. "


@dataclass(frozen=True)
class Requests:
    """What wrk did: `count` requests were answered well, `errors` were not."""

    count: int
    errors: int
    per_s: float
    p50_ms: float
    p99_ms: float


@dataclass(frozen=True)
class Load:
    """Where it runs, and where it writes its bodies."""

    core: int
    folder: Path

    def chat(self, gateway: Gateway, connections: int, seconds: float) -> Requests:
        """Post chat requests of 1.2 kB from connections that always have one underway."""
        body = {"model": gateway.model, "messages": _messages(), "max_tokens": 256}
        return self._wrk(gateway, "chat/completions", body, connections, seconds)

    def embed(self, gateway: Gateway, connections: int, seconds: float) -> Requests:
        """Post short texts, as `chat` does."""
        body = {"model": gateway.embedding_model, "input": _WORDS}
        return self._wrk(gateway, "embeddings", body, connections, seconds)

    def _wrk(
        self,
        gateway: Gateway,
        path: str,
        body: Mapping[str, Any],
        connections: int,
        seconds: float,
    ) -> Requests:
        file = self.folder / "body.json"
        file.write_text(json.dumps(body))
        command = [
            "wrk",
            "--threads=1",
            f"--connections={connections}",
            f"--duration={max(1, round(seconds))}s",
            "--timeout=10s",
            f"--script={_SCRIPT}",
            f"{gateway.url}/{path}",
            "--",
            str(file),
            gateway.key,
        ]
        return _read(json.loads(self._run(command, timeout_s=seconds + 30)))

    def first_chunks(self, gateway: Gateway, seconds: float) -> Mapping[str, float]:
        """Stream one answer after another."""
        return self._streams(gateway, "first-chunks", str(seconds))

    def hang_up(self, gateway: Gateway, count: int) -> Mapping[str, float]:
        """Begin so many streams, and leave each at its first chunk."""
        return self._streams(gateway, "hang-ups", str(count), timeout_s=600)

    def _streams(
        self, gateway: Gateway, *arguments: str, timeout_s: float = 60
    ) -> Mapping[str, float]:
        line = self._run(_command(gateway, arguments), timeout_s)
        figures: Mapping[str, float] = json.loads(line)
        return figures

    @contextmanager
    def hold(self, gateway: Gateway, count: int) -> Iterator["HeldStreams"]:
        """Open so many streams; they are open until `hang_up`."""
        command = _command(gateway, ("held", str(count)))
        process = programs.start(self.core, command)
        try:
            yield HeldStreams(process)
        finally:
            programs.end(process)

    @contextmanager
    def changing(self, aura: Gateway, count: int, seconds: float) -> Iterator[None]:
        """Swap Aura's preset `count` times in the `seconds` from now; wait for the last.

        Raises RuntimeError when a swap fails.
        """
        command = [sys.executable, "-m", "bench.swaps", str(count), str(seconds)]
        process = programs.start(self.core, command, environment=aura.environment)
        try:
            if _of(process.stdout).readline() != "ready\n":
                raise RuntimeError("The swaps could not begin.")
            yield
            if process.wait(seconds + 60):
                raise RuntimeError("A swap failed.")
        finally:
            programs.end(process)

    def _run(self, command: Sequence[str], timeout_s: float) -> str:
        """Return the last line that the command says, run on the core of the load."""
        said = programs.run(programs.pinned(self.core, command), timeout_s=timeout_s)
        return said.splitlines()[-1]


class HeldStreams:
    """Open streams in another process, which is told one line at a time what to do."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process
        self.open = int(self._answer()["open"])

    def delivered(self, after_us: int, until_us: int) -> Mapping[str, float]:
        """Return how many chunks that were sent meanwhile came within a second, and how
        late they were."""
        self._tell(f"{after_us} {until_us}")
        return self._answer()

    def hang_up(self) -> None:
        """Close all connections at once, and return when they are."""
        self._tell("hang up")
        self._answer()

    def _tell(self, line: str) -> None:
        _of(self._process.stdin).write(line + "\n")
        _of(self._process.stdin).flush()

    def _answer(self) -> Mapping[str, float]:
        line = _of(self._process.stdout).readline()
        if not line:
            raise RuntimeError("The client of the streams ended.")
        figures: Mapping[str, float] = json.loads(line)
        return figures


def _of(pipe: IO[str] | None) -> IO[str]:
    if pipe is None:
        raise RuntimeError("It was started without pipes.")
    return pipe


def _command(gateway: Gateway, arguments: Sequence[str]) -> list[str]:
    target = ("--url", gateway.url, "--model", gateway.model, "--key", gateway.key)
    return [sys.executable, "-m", "bench.streams", *target, *arguments]


def _messages() -> list[Mapping[str, str]]:
    return [
        {"role": "system", "content": "You are the layer that replies. " * 8},
        {"role": "user", "content": _WORDS * 11},
    ]


def _read(said: Mapping[str, float]) -> Requests:
    good = said["answers"] - said["refused"]
    return Requests(
        count=int(good),
        errors=int(said["refused"] + said["broken"]),
        per_s=good / said["seconds"],
        p50_ms=said["p50_us"] / 1000,
        p99_ms=said["p99_us"] / 1000,
    )
