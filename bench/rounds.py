"""The rounds: every scenario on every gateway, in turn, on a quiet core. The results are
written after each measurement."""

import json
import math
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import requests

from bench import machine
from bench.figures import Sample
from bench.gateways import Gateway
from bench.scenarios import Bench, Scenario
from bench.table import AURA, UPSTREAM

ATTEMPTS = 3
Item = TypeVar("Item")
# What may go wrong in a measurement, at the gateway's side or at ours.
FAILURES = (
    RuntimeError,
    OSError,
    requests.RequestException,
    LookupError,
)


def say(sentence: str) -> None:
    """Tell the person at the terminal how far we are."""
    print(f"{time.strftime('%H:%M:%S')}  {sentence}", file=sys.stderr, flush=True)


@dataclass
class Results:
    """All that was measured, and about what; `write` keeps it in `out`."""

    out: Path
    head: dict[str, object]
    titles: dict[str, str] = field(default_factory=dict)
    does: dict[str, str] = field(default_factory=dict)
    samples: dict[str, dict[str, list[Sample]]] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)

    def add(self, gateway: Gateway, scenario: Scenario, sample: Sample) -> None:
        """Take a sample in and keep it."""
        of_gateway = self.samples.setdefault(gateway.name, {})
        of_gateway.setdefault(scenario.name, []).append(sample)
        self.write()

    def fail(self, sentence: str) -> None:
        """Keep what could not be measured, and say it."""
        say(sentence)
        self.failures.append(sentence)
        self.write()

    def disturbed(self) -> tuple[int, int]:
        """Return how many samples others disturbed, and how many there are."""
        each = [
            sample
            for of_gateway in self.samples.values()
            for repeated in of_gateway.values()
            for sample in repeated
        ]
        noisy = [one for one in each if one.get("others", 0.0) > machine.QUIET]
        return len(noisy), len(each)

    def write(self) -> None:
        """Write everything as JSON."""
        everything = {
            **self.head,
            "titles": self.titles,
            "does": self.does,
            "failures": self.failures,
            "samples": self.samples,
        }
        self.out.parent.mkdir(parents=True, exist_ok=True)
        self.out.write_text(json.dumps(everything, indent=1) + "\n")


@dataclass(frozen=True)
class Rounds:
    """So many rounds. Waiting for a quiet core, and measuring again because it was not, is
    done within `patience_s`; with 0, never."""

    bench: Bench
    count: int
    scenarios: Sequence[Scenario]
    patience_s: float

    def run(self, gateways: Sequence[Gateway], results: Results) -> None:
        """Measure each gateway once before any is measured again; every other round goes
        through them backwards."""
        for number in range(self.count):
            for scenario in self.scenarios:
                for gateway in in_turn(gateways, number):
                    if gateway.name == AURA or not scenario.aura_alone:
                        where = f"round {number + 1}/{self.count}  {scenario.about}  {gateway.title}"
                        self._measure(scenario, gateway, where, results)

    def _measure(
        self, scenario: Scenario, gateway: Gateway, where: str, results: Results
    ) -> None:
        try:
            attempts = ATTEMPTS if self.patience_s else 1
            sample = best_of(attempts, lambda: self._once(scenario, gateway))
        except FAILURES as error:
            kind = type(error).__name__
            results.fail(f"{where}: not measured: {kind}: {error}")
            return
        results.add(gateway, scenario, sample)
        shown = scenario.shown.format_map(defaultdict(lambda: math.nan, sample))
        say(f"{where}: {shown}")

    def _once(self, scenario: Scenario, gateway: Gateway) -> Sample:
        """Measure once, on a core that is quiet; what streams were left are cut after."""
        self.bench.upstream.reset()
        machine.wait_until_quiet(self.bench.cores.gateway, self.patience_s)
        try:
            return scenario.measure(self.bench, gateway)
        finally:
            self.bench.upstream.reset()


def in_turn(gateways: Sequence[Item], number: int) -> Sequence[Item]:
    """Return them in the order of round `number`, which is counted from 0."""
    return gateways if number % 2 == 0 else gateways[::-1]


def best_of(attempts: int, measure: Callable[[], Sample]) -> Sample:
    """Measure until others left the core alone, at most `attempts` times; return the sample
    that they disturbed least, with the number of attempts."""
    samples: list[Sample] = []
    while len(samples) < attempts:
        samples.append(measure())
        if samples[-1].get("others", 0.0) <= machine.QUIET:
            break
    least = min(samples, key=lambda sample: sample.get("others", 0.0))
    return {**least, "attempts": float(len(samples))}


def upstream_alone(bench: Bench, folder: Path) -> Gateway:
    """Return the upstream as if it were a gateway: what is measured of it is in all."""
    return Gateway(
        name=UPSTREAM,
        title="upstream alone",
        does="answers at once: the load without a gateway",
        url=f"{bench.upstream.url}/v1",
        folder=folder,
        log=folder / "upstream.log",
    )
