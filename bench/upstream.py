"""The model server behind all gateways: compiled from upstream.c, started, steered."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import requests

from bench.programs import end, run, start
from tests.ports import free_port
from tests.waiting import wait_until

UPSTREAM_KEY = "bench-only-key-of-the-upstream"
SOURCE = Path(__file__).with_name("upstream.c")


class Upstream:
    """A running upstream. Its counts start anew with each reset."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self._session = requests.Session()
        self._session.trust_env = False  # no proxy on the way to ourselves

    def set_streams(self, chunks: int, interval_ms: int) -> None:
        """Say how the streams that begin from now on go."""
        self._ask(f"set?chunks={chunks}&interval_ms={interval_ms}")

    def reset(self) -> None:
        """Cut the streams that still run; be as if started anew."""
        self._ask("reset")

    def counts(self) -> "Counts":
        """Return what was counted, and until when."""
        return Counts(**self._ask("counts"))

    def _ask(self, what: str) -> Mapping[str, int]:
        # A gateway that left it thousands of chunks behind keeps it busy for a while.
        answer = self._session.get(f"{self.url}/upstream/{what}", timeout=60)
        answer.raise_for_status()
        counts: Mapping[str, int] = answer.json()
        return counts


@dataclass(frozen=True)
class Counts:
    """All that had happened at `at_us`, on the clock of the chunks' stamps."""

    at_us: int
    requests: int
    streams: int
    open: int
    aborted: int
    chunks: int


@contextmanager
def running(folder: Path, core: int) -> Iterator[Upstream]:
    """Compile the upstream into `folder` and run it on `core`."""
    program = str(folder / "upstream")
    run([os.environ.get("CC", "cc"), "-O2", "-o", program, str(SOURCE)])
    port = free_port()
    process = start(core, [program, str(port)])
    try:
        upstream = Upstream(port)
        wait_until(lambda: _answers(upstream), "the upstream", every_s=0.05)
        yield upstream
    finally:
        end(process)


def _answers(upstream: Upstream) -> bool:
    try:
        return bool(upstream.counts())
    except requests.ConnectionError:
        return False
