"""The swap under load: four workers, requests on every layer and open streams, while
another process activates presets back and forth."""

import json
import re
import statistics
import subprocess
import sys
from datetime import datetime
from typing import Any

import pytest

from tests.server import ROOT, AuraServer
from tests.traffic import Answer, Traffic
from tests.upstream import FakeUpstream

pytestmark = pytest.mark.slow

SWAPS, EACH_S = 100, 0.06
WORKERS = 4
SWITCH = re.compile(
    r"^(\S+ \S+) \[(\d+)\] INFO Using model: \S+ layer=l1 \S+ revision=(\d+)$", re.M
)


@pytest.fixture(params=["sqlite", "postgresql"])
def server(request, upstream: FakeUpstream):
    """Aura with four workers on either database, before a provider that streams."""
    upstream.script(chunk_count=10, chunk_interval_s=0.05)
    environment = {"OPENROUTER_BASE_URL": upstream.url, "OPENROUTER_API_KEY": "k"}
    if request.param == "postgresql":
        postgres = request.getfixturevalue("postgres")
        environment["DATABASE_URL"] = postgres.begun("swap")
    is_set_up = "DATABASE_URL" in environment
    with AuraServer(environment, workers=WORKERS, is_set_up=is_set_up) as server:
        yield server


@pytest.mark.fault("D4")
def test_swaps_under_load_lose_and_mix_nothing(server: AuraServer, measured):
    with Traffic(server.url, server.key) as traffic:
        swaps = _swap(server)
    presets = {str(swap["revision"]): swap["preset"] for swap in swaps} | {"0": ""}

    assert not traffic.failures
    assert [a for a in traffic.answers if a.status != 200 or not a.is_complete] == []
    assert [a for a in traffic.answers if a.is_mixed] == []
    assert [a for a in traffic.answers if presets[a.revision] != a.preset] == []
    assert [a for a in traffic.answers if not _is_of_its_preset(a)] == []
    assert len({a.revision for a in traffic.answers}) > SWAPS / 4
    assert [swap["revision"] for swap in swaps] == list(range(1, SWAPS + 1))
    switched = _check_workers(server.log(), swaps)
    measured(
        f"{SWAPS} swaps, {len(traffic.answers)} answers, 0 lost or mixed; {switched}"
    )


def _is_of_its_preset(answer: Answer) -> bool:
    """Say whether the model is that of the stamped preset, on each of the four layers."""
    return not answer.preset or answer.model.startswith(answer.preset.lower() + "/")


def _swap(server: AuraServer) -> list[dict[str, Any]]:
    done = subprocess.run(
        [sys.executable, "-m", "tests.swapping", str(SWAPS), str(EACH_S)],
        cwd=ROOT,
        env=server.environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    return [json.loads(line) for line in done.stdout.splitlines()]


def _check_workers(log: str, swaps: list[dict[str, Any]]) -> str:
    """Each worker only goes forward, and takes each revision soon after its commit; return
    how soon. The bounds are waits: this machine may be busy."""
    switches: dict[str, list[tuple[int, float]]] = {}
    for when, pid, revision in SWITCH.findall(log):
        at = datetime.strptime(when, "%Y-%m-%d %H:%M:%S,%f").timestamp()
        switches.setdefault(pid, []).append((int(revision), at))
    assert len(switches) == WORKERS
    delays = []
    for taken in switches.values():
        assert [revision for revision, _ in taken] == sorted({r for r, _ in taken})
        for swap in swaps:
            at = next(at for revision, at in taken if revision >= swap["revision"])
            delays.append(at - swap["at"])
    assert statistics.median(delays) < 0.3
    assert max(delays) < 2.0
    return (
        f"switched after {statistics.median(delays):.2f} s, {max(delays):.2f} s at most"
    )
