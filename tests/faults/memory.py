"""How far a process grows while something is done to it."""

import threading
from typing import Self

import psutil

MB = 2**20
EVERY_S = 0.005


class Growth:
    """`with Growth(pid) as growth: ...; growth.mb`: by how much its memory (RSS) was larger
    at its highest than at the beginning."""

    def __init__(self, pid: int) -> None:
        self._process = psutil.Process(pid)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch)

    @property
    def mb(self) -> float:
        """The growth in MiB."""
        return (self._most - self._before) / MB

    def __enter__(self) -> Self:
        self._before = self._most = self._process.memory_info().rss
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._stop.wait(EVERY_S):
            self._most = max(self._most, self._process.memory_info().rss)
