"""`python -m bench`: put up the upstream and the gateways, measure them, print the tables."""

import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from functools import cache
from pathlib import Path

from bench import aura, lineup, machine, upstream
from bench.arguments import Options, read
from bench.gateways import Gateway
from bench.load import Load
from bench.rounds import Results, Rounds, say, upstream_alone
from bench.scenarios import Bench
from bench.table import AURA, render


def main() -> int:
    """Measure, and return the exit status."""
    options = read()
    if problem := machine.problem():
        sys.exit(problem)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupt)
    machine.allow_many_files()
    results = Results(options.out, _head(options))
    status = 0
    try:
        with ExitStack() as running:
            _measure(options, results, running)
    except KeyboardInterrupt:
        say("Interrupted: the tables hold what was measured until now.")
        status = 130
    print(_report(results))
    return status


def _measure(options: Options, results: Results, running: ExitStack) -> None:
    temporary = tempfile.TemporaryDirectory(prefix="aura-bench-")
    folder = Path(running.enter_context(temporary))
    server = running.enter_context(upstream.running(folder, options.cores.load))
    bench = Bench(
        upstream=server,
        load=Load(options.cores.load, folder),
        cores=options.cores,
        scale=options.scale,
        of_four=cache(lambda: aura.aura(server, folder, workers=4)),
    )
    gateways = [upstream_alone(bench, folder)]
    for gateway in _chosen(options, bench, results):
        if _is_up(gateway, options.cores.gateway, running, results):
            gateways.append(gateway)
    for gateway in gateways:
        results.titles[gateway.name] = gateway.title
        results.does[gateway.name] = gateway.does
        bench.load.chat(gateway, 16, 1)  # caches, pools and compilers get warm
    rounds = Rounds(bench, options.rounds, options.scenarios, options.patience_s)
    rounds.run(gateways, results)


def _chosen(options: Options, bench: Bench, results: Results) -> Iterator[Gateway]:
    """Give the gateways that were asked for and are here; say how to get the others."""
    server, folder = bench.upstream, bench.load.folder
    if AURA in options.gateways:
        say("Setting up Aura")
        yield aura.aura(server, folder)
    for peer in lineup.PEERS:
        if peer.name not in options.gateways:
            continue
        if program := lineup.program_of(peer, options.peers):
            say(f"Asking {peer.title} for its version")
            yield lineup.gateway(peer, program, server, folder)
        else:
            results.fail(f"{peer.title} was not found. To have it: {peer.install}")


def _is_up(gateway: Gateway, core: int, running: ExitStack, results: Results) -> bool:
    say(f"Starting {gateway.title}")
    running.callback(gateway.stop)
    try:
        gateway.start(core)
        gateway.wait_until_ready()
    except (RuntimeError, OSError) as error:
        results.fail(f"{gateway.title} is not measured: {error}")
        gateway.stop()
        return False
    return True


def _head(options: Options) -> dict[str, object]:
    gateway, load = options.cores.gateway, options.cores.load
    shared = " (THE SAME: nothing here is comparable)" if gateway == load else ""
    return {
        "date": time.strftime("%Y-%m-%d %H:%M %Z"),
        "machine": machine.describe(),
        "Python": sys.version.split()[0],
        "cores": f"{gateway} for the gateway, {load} for load and upstream{shared}",
        "rounds": options.rounds,
        "scale": options.scale,
    }


def _report(results: Results) -> str:
    """Return all that is printed: what it is about, the tables, what they lack."""
    disturbed, measured = results.disturbed()
    head = {
        **results.head,
        "disturbed by others": f"{disturbed} of {measured} measurements, in the tables too",
        **{results.titles[name]: what for name, what in results.does.items()},
    }
    parts = [
        "\n".join(f"- {name}: {value}" for name, value in head.items()),
        render(results.samples, results.titles),
        "\n\n".join(results.failures),
        f"Every sample: {results.out}",
    ]
    return "\n\n".join(part for part in parts if part)


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
