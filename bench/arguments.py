"""The command line of `python -m bench`: what may be asked for, and what the defaults are."""

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from bench import machine
from bench.lineup import PEERS
from bench.machine import Cores
from bench.scenarios import SCENARIOS, Scenario
from bench.table import AURA

OUT = Path(".cache/bench/results.json")
GATEWAYS = (AURA, *(peer.name for peer in PEERS))
DESCRIPTION = """\
Measure Aura beside nginx and, where they are installed, LiteLLM, ferrogw and TensorZero:
one core for the gateway, another for load and upstream, in rounds that take turns.
Progress goes to stderr, tables in Markdown to stdout, every sample to a file of JSON.
"""
SCENARIO_LINES = "\n".join(f"  {one.name:<12} {one.about}" for one in SCENARIOS)
VARIABLES = ", ".join(peer.variable for peer in PEERS)
EPILOG = f"""\
scenarios:
{SCENARIO_LINES}

A peer's program is what --peer says, else what
{VARIABLES} say,
else what is on the PATH. bench/README.md says how to install them, what makes the
comparison fair, and how to read the tables.
Needed: {machine.INSTALL}

examples:
  make bench
  make bench ARGS="--rounds 5 --peer litellm=/tmp/litellm/bin/litellm"
  make bench ARGS="--gateways aura,nginx --only chat1,chat16 --rounds 1"
"""
Named = TypeVar("Named")


@dataclass(frozen=True)
class Options:
    """What was asked for. `peers` are the commands that were given, by the peer's name."""

    rounds: int
    scale: float
    scenarios: Sequence[Scenario]
    gateways: Sequence[str]
    peers: dict[str, str]
    cores: Cores
    patience_s: float
    out: Path


def read(arguments: Sequence[str] | None = None) -> Options:
    """Return what the command line asks for; end with its mistake, or with the help."""
    said = _parser().parse_args(arguments)
    return Options(
        rounds=said.rounds,
        scale=said.scale,
        scenarios=said.only,
        gateways=said.gateways,
        peers=dict(said.peer),
        cores=said.cores or machine.cores(),
        patience_s=said.patience,
        out=said.out,
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m bench",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )

    def add(name: str, metavar: str, **how: object) -> None:
        parser.add_argument(name, metavar=metavar, **how)  # type: ignore[arg-type]

    scenarios = {scenario.name: scenario for scenario in SCENARIOS}
    gateways = {name: name for name in GATEWAYS}
    add("--rounds", "N", type=int, default=3, help="rounds (3)")
    add(
        "--scale",
        "X",
        type=float,
        default=1.0,
        help="times and amounts are multiplied by it (1.0)",
    )
    add(
        "--only",
        "NAMES",
        type=_some(scenarios),
        default=SCENARIOS,
        help="these scenarios, with commas between (all)",
    )
    add(
        "--gateways",
        "NAMES",
        type=_some(gateways),
        default=GATEWAYS,
        help=f"these gateways ({','.join(GATEWAYS)})",
    )
    add(
        "--peer",
        "NAME=COMMAND",
        type=_peer,
        action="append",
        default=[],
        help="the program of a peer; may be repeated",
    )
    add(
        "--cores",
        "A,B",
        type=_cores,
        help="the gateway's core, and that of load and upstream (first, last)",
    )
    add(
        "--patience",
        "SECONDS",
        type=float,
        default=20.0,
        help="the longest wait for a quiet core; 0: neither wait nor repeat (20)",
    )
    add("--out", "FILE", type=Path, default=OUT, help=f"where samples go ({OUT})")
    return parser


def _some(known: dict[str, Named]) -> Callable[[str], list[Named]]:
    """Return a reader of names with commas between."""

    def read_names(text: str) -> list[Named]:
        names = [name.strip() for name in text.split(",")]
        if unknown := [name for name in names if name not in known]:
            raise argparse.ArgumentTypeError(
                f"{', '.join(unknown)}: not known; there are {', '.join(known)}"
            )
        return [known[name] for name in names]

    return read_names


def _peer(text: str) -> tuple[str, str]:
    name, _, command = text.partition("=")
    if name not in GATEWAYS or name == AURA or not command:
        raise argparse.ArgumentTypeError(
            f"{text!r}: write NAME=COMMAND; NAME is one of {', '.join(GATEWAYS[1:])}"
        )
    return name, command


def _cores(text: str) -> Cores:
    gateway, _, load = text.partition(",")
    if not (gateway.isdigit() and load.isdigit()):
        raise argparse.ArgumentTypeError(f"{text!r}: write two numbers, such as 0,1")
    return Cores(int(gateway), int(load))
