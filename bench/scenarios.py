"""What is measured, and for how long: each scenario takes one gateway and gives one sample.
What holds of every measurement (quiet, order, repetition) is in `rounds`."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

from bench import machine
from bench.figures import Sample
from bench.gateways import Gateway
from bench.load import Load, Requests
from bench.machine import Cores, Watch
from bench.upstream import Upstream

FOREVER = 1_000_000_000
REQUEST_S = 2.0
CONNECTIONS_OF_WORKERS = 32
SWAPS, BETWEEN_SWAPS_S = 200, 0.2
REQUESTS, HANG_UPS, STEPS = 100_000, 10_000, 4


@dataclass(frozen=True)
class Bench:
    """What every measurement works with. `scale` stretches times and amounts; `of_four`
    gives the Aura with four workers, which is not running."""

    upstream: Upstream
    load: Load
    cores: Cores
    scale: float
    of_four: Callable[[], Gateway]

    def watch(self, gateway: Gateway) -> Watch:
        """Return a watch over the gateway while something runs."""
        return Watch(self.cores.gateway, gateway.pids)

    def amount(self, full: int, least: int = 1) -> int:
        """Return how many of `full` there are to be at this scale."""
        return max(least, round(full * self.scale))


@dataclass(frozen=True)
class Scenario:
    """`shown` says what came of it in one line, from its sample."""

    name: str
    about: str
    measure: Callable[[Bench, Gateway], Sample]
    shown: str
    aura_alone: bool = False


def _figures(done: Requests, watch: Watch) -> Sample:
    cpu_ms = 1000 * watch.cpu_s / max(1, done.count)
    return {
        "per_s": done.per_s,
        "p50_ms": done.p50_ms,
        "p99_ms": done.p99_ms,
        **({"cpu_ms": cpu_ms} if watch.cpu_s else {}),
        "errors": done.errors,
        "others": watch.others,
    }


def chat_at(connections: int) -> Callable[[Bench, Gateway], Sample]:
    """Return a measurement of chat requests at so many connections."""

    def measure(bench: Bench, gateway: Gateway) -> Sample:
        with bench.watch(gateway) as watch:
            done = bench.load.chat(gateway, connections, REQUEST_S * bench.scale)
        return _figures(done, watch)

    return measure


def embeddings(bench: Bench, gateway: Gateway) -> Sample:
    """Embeddings at 16 connections."""
    with bench.watch(gateway) as watch:
        done = bench.load.embed(gateway, 16, REQUEST_S * bench.scale)
    return _figures(done, watch)


def first_chunk(bench: Bench, gateway: Gateway) -> Sample:
    """Streams of two chunks, one after another."""
    bench.upstream.set_streams(chunks=2, interval_ms=1)
    with bench.watch(gateway) as watch:
        done = bench.load.first_chunks(gateway, REQUEST_S * bench.scale)
    return {**done, "others": watch.others}


def hundred_streams(bench: Bench, gateway: Gateway) -> Sample:
    """100 streams of 50 chunks a second each."""
    bench.upstream.set_streams(FOREVER, interval_ms=20)
    return _hold(bench, gateway, 100, 2 * bench.scale)


def held_streams(bench: Bench, gateway: Gateway) -> Sample:
    """1,000 streams of one chunk a second each."""
    bench.upstream.set_streams(FOREVER, interval_ms=1000)
    count = min(1000, bench.amount(1000))
    return _hold(bench, gateway, count, max(1.0, 5 * bench.scale))


def _hold(bench: Bench, gateway: Gateway, count: int, seconds: float) -> Sample:
    """Hold streams, count their chunks at both ends, then hang up and look what is left."""
    with bench.load.hold(gateway, count) as streams:
        with bench.watch(gateway) as watch:
            first = bench.upstream.counts()
            time.sleep(seconds)
            last = bench.upstream.counts()
        sample = dict(streams.delivered(first.at_us, last.at_us))
        sent = last.chunks - first.chunks
        sample |= {"sent": sent, "lost": sent - sample["chunks"], "open": streams.open}
        if gateway.pids:
            held = machine.memory(gateway.pids)
            sample |= {"mib": held.serving, "mib_in_all": held.everything}
        streams.hang_up()
    time.sleep(1.0)  # the promise is: none left one second later
    left = bench.upstream.counts().open
    return {**sample, "left": left, "cpu_s": watch.cpu_s, "others": watch.others}


def workers(bench: Bench, aura: Gateway) -> Sample:
    """CPU a request with one worker, and with four on the same core."""
    four = bench.of_four()
    four.start(bench.cores.gateway)
    try:
        four.wait_until_ready()
        # A worker's first calls are its dearest; the other Aura has had them.
        bench.load.chat(four, CONNECTIONS_OF_WORKERS, 2 * REQUEST_S * bench.scale)
        one, of_four = _at_work(bench, aura), _at_work(bench, four)
    finally:
        four.stop()
    return {
        "one_ms": one["cpu_ms"],
        "four_ms": of_four["cpu_ms"],
        "ratio": of_four["cpu_ms"] / one["cpu_ms"],
        "errors": one["errors"] + of_four["errors"],
        "others": max(one["others"], of_four["others"]),
    }


def _at_work(bench: Bench, gateway: Gateway) -> Sample:
    machine.wait_until_quiet(bench.cores.gateway, patience_s=5 * bench.scale)
    with bench.watch(gateway) as watch:
        seconds = 2 * REQUEST_S * bench.scale
        done = bench.load.chat(gateway, CONNECTIONS_OF_WORKERS, seconds)
    return _figures(done, watch)


def swaps(bench: Bench, aura: Gateway) -> Sample:
    """Requests while another process swaps 200 times; before and after, without."""
    count = 2 * bench.amount(SWAPS // 2)
    seconds = math.ceil(count * BETWEEN_SWAPS_S)
    revision = _revision(aura)
    with bench.watch(aura) as watch:
        before = bench.load.chat(aura, 16, seconds / 4)
        with bench.load.changing(aura, count, seconds):
            during = bench.load.chat(aura, 16, seconds)
        after = bench.load.chat(aura, 16, seconds / 4)
    calm_per_s = (before.per_s + after.per_s) / 2
    return {
        "calm_per_s": calm_per_s,
        "swapped_per_s": during.per_s,
        "ratio": during.per_s / calm_per_s,
        "calm_p99_ms": max(before.p99_ms, after.p99_ms),
        "swapped_p99_ms": during.p99_ms,
        "swaps": _revision(aura) - revision,
        "errors": before.errors + during.errors + after.errors,
        "others": watch.others,
    }


def _revision(aura: Gateway) -> int:
    return int(aura.ask().headers["X-Aura-Revision"])


def memory(bench: Bench, aura: Gateway) -> Sample:
    """Resident memory of the worker over many requests, then over many disconnects."""
    requests, hang_ups = bench.amount(REQUESTS, STEPS), bench.amount(HANG_UPS, STEPS)
    sample = {"mib_0": _resident(aura), "requests": 0.0, "hang_ups": 0.0, "errors": 0.0}
    for step in range(1, STEPS + 1):
        while sample["requests"] < requests * step / STEPS:
            done = bench.load.chat(aura, 16, 1)
            if not done.count:
                raise RuntimeError(f"{aura.title} answers no more.")
            sample["requests"] += done.count
            sample["errors"] += done.errors
        sample[f"mib_requests_{step}"] = _resident(aura)
    bench.upstream.set_streams(FOREVER, interval_ms=50)
    for step in range(1, STEPS + 1):
        gone = bench.load.hang_up(aura, hang_ups // STEPS)
        sample["hang_ups"] += gone["hung_up"]
        sample["errors"] += gone["errors"]
        sample[f"mib_hang_ups_{step}"] = _resident(aura)
    time.sleep(1.0)
    return {**sample, "left": bench.upstream.counts().open}


def _resident(aura: Gateway) -> float:
    return machine.memory(aura.pids).serving_rss


_A_SECOND = "{per_s:,.0f} requests a second, p99 {p99_ms:.1f} ms"
_CHUNKS = "{open:,.0f} streams, {lost:,.0f} of {sent:,.0f} chunks not here after a second, {left:,.0f} left"
SCENARIOS = (
    Scenario("chat1", "chat, 1 connection", chat_at(1), _A_SECOND),
    Scenario("chat16", "chat, 16 connections", chat_at(16), _A_SECOND),
    Scenario("chat64", "chat, 64 connections", chat_at(64), _A_SECOND),
    Scenario("embeddings", "embeddings, 16 connections", embeddings, _A_SECOND),
    Scenario("first_chunk", "time to first chunk", first_chunk, "{p50_ms:.2f} ms"),
    Scenario("streams", "100 streams", hundred_streams, _CHUNKS),
    Scenario("hold", "1,000 streams", held_streams, _CHUNKS),
    Scenario(
        name="workers",
        about="one and four workers",
        measure=workers,
        shown="{one_ms:.3f} and {four_ms:.3f} ms of CPU a request",
        aura_alone=True,
    ),
    Scenario(
        name="swaps",
        about="200 swaps under load",
        measure=swaps,
        shown="{calm_per_s:,.0f} requests a second, {swapped_per_s:,.0f} with {swaps:.0f} swaps",
        aura_alone=True,
    ),
    Scenario(
        name="memory",
        about="100,000 requests, 10,000 disconnects",
        measure=memory,
        shown="{mib_0:.1f} MiB, {mib_requests_4:.1f} after the requests, "
        "{mib_hang_ups_4:.1f} after the disconnects",
        aura_alone=True,
    ),
)
