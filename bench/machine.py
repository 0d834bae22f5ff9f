"""The machine: which core is whose, what a process spends and holds, and which programs are
missing. Linux only: cores and memory are read from /proc."""

import contextlib
import os
import platform
import resource
import shutil
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

import psutil

PROGRAMS = ("wrk", "taskset", os.environ.get("CC", "cc"))
INSTALL = "apt-get install wrk gcc nginx-light util-linux"
QUIET = 0.15
_LOOK_S = 0.25
_MIB = 1024 * 1024
Figure = TypeVar("Figure")


@dataclass(frozen=True)
class Cores:
    """The core of the gateway, and that of the load and the upstream."""

    gateway: int
    load: int


def cores() -> Cores:
    """Return the first and the last core that we may use."""
    allowed = sorted(os.sched_getaffinity(0))
    return Cores(allowed[0], allowed[-1])


def problem() -> str:
    """Return why nothing can be measured here, or nothing."""
    if sys.platform != "linux":
        return "The measurement reads /proc and needs Linux."
    missing = [name for name in PROGRAMS if not shutil.which(name)]
    return f"Missing: {', '.join(missing)}. On Debian: {INSTALL}" if missing else ""


def allow_many_files() -> None:
    """Raise our limit of open files, which children inherit: a stream takes two."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def describe() -> str:
    """Return the machine in one line."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    models = [line.partition(":")[2].strip() for line in lines if "model name" in line]
    model = models[0] if models else platform.machine()
    return (
        f"{model}, {os.cpu_count()} cores, {psutil.virtual_memory().total >> 30} GiB, "
        f"Linux {platform.release()}"
    )


def busy_s(core: int) -> float:
    """Return for how long the core has worked since it was started, stolen time included."""
    times = psutil.cpu_times(percpu=True)[core]
    return float(sum(times[:8]) - times.idle - times.iowait)


def wait_until_quiet(core: int, patience_s: float) -> bool:
    """Wait until nobody uses the core; say whether that came within `patience_s`."""
    end = time.monotonic() + patience_s
    while time.monotonic() < end:
        before = busy_s(core)
        time.sleep(_LOOK_S)
        if busy_s(core) - before < QUIET * _LOOK_S:
            return True
    return False


def family(pids: Iterable[int]) -> list[psutil.Process]:
    """Return these processes and all that descend from them."""
    found = []
    for pid in pids:
        with contextlib.suppress(psutil.NoSuchProcess):
            process = psutil.Process(pid)
            found += [process, *process.children(recursive=True)]
    return found


def cpu_s(pids: Iterable[int]) -> float:
    """Return the seconds of CPU that they and their descendants have taken."""
    each = _each(pids, lambda process: process.cpu_times())
    return sum(times.user + times.system for times in each)


@dataclass(frozen=True)
class Memory:
    """In MiB. `serving` is the largest process, which is the one that serves; memory that
    processes share is split between them (PSS)."""

    serving: float
    everything: float
    serving_rss: float


def memory(pids: Iterable[int]) -> Memory:
    """Return what they and their descendants hold.

    Raises RuntimeError when all of them have ended.
    """
    each = _each(pids, lambda process: process.memory_full_info())
    if not each:
        raise RuntimeError("The gateway has ended.")
    largest = max(each, key=lambda one: one.pss)
    return Memory(
        serving=largest.pss / _MIB,
        everything=sum(one.pss for one in each) / _MIB,
        serving_rss=largest.rss / _MIB,
    )


def _each(
    pids: Iterable[int], read: Callable[[psutil.Process], Figure]
) -> list[Figure]:
    values = []
    for process in family(pids):
        with contextlib.suppress(psutil.NoSuchProcess):
            values.append(read(process))
    return values


class Watch:
    """What a gateway spent while something ran (`cpu_s`), and which share of its core
    others took meanwhile (`others`)."""

    def __init__(self, core: int, pids: Sequence[int]) -> None:
        self._core, self._pids = core, pids
        self.cpu_s = self.others = 0.0

    def __enter__(self) -> Self:
        self._began = (time.monotonic(), busy_s(self._core), cpu_s(self._pids))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        clock, busy, spent = self._began
        self.cpu_s = cpu_s(self._pids) - spent
        idle_of_us = busy_s(self._core) - busy - self.cpu_s
        self.others = max(0.0, idle_of_us) / (time.monotonic() - clock)
