"""`GET /metrics`: what all workers of this server counted, for Prometheus. Calls are counted
in the recorder's thread, and a thread of its own publishes them once a second."""

import asyncio
import logging
import os
import threading
import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from gateway.http import NOSNIFF, Scope, header
from gateway.metrics.calls import CallFigures
from gateway.metrics.files import Snapshot, WorkerFiles, remove_left
from gateway.metrics.gauges import Source, Sources, merged
from gateway.metrics.names import REFUSED
from gateway.metrics.tables import Rows, Tables
from gateway.metrics.text import CONTENT_TYPE, text_of
from gateway.records.finished import FinishedCall
from gateway.request import Request

logger = logging.getLogger(__name__)

PUBLISH_S = 1.0
FRESH_S = 1.0
"""A text so young is given again: who asks without pause shall not slow the calls."""


class Metrics:
    """The figures of one worker process, and of all when it is told their folder."""

    def __init__(self) -> None:
        self._calls = CallFigures()
        self._refused: defaultdict[str, int] = defaultdict(int)
        self._sources = Sources()
        self._counting, self._telling = threading.Lock(), threading.Lock()
        self._publishing = threading.Lock()
        self._folder: Path | None = None
        self._files: WorkerFiles | None = None
        self._publisher: threading.Thread | None = None
        self._stopping = threading.Event()
        self._text, self._told_at = "", float("-inf")
        self._can_write = True

    def share(self, folder: Path) -> None:
        """Tell of all workers that have this folder; without one, of this process alone."""
        self._folder = folder

    def start(self, aliases: Iterable[str] = ()) -> None:
        """Begin to publish. `aliases` are names that clients may ask for."""
        self._calls.know(aliases)
        if self._folder is None:
            return
        try:
            remove_left(self._folder)
            self._files = WorkerFiles(self._folder)
            self._files.bury()
        except OSError as error:
            logger.error("Metrics are of this worker only: %s", error)
            return
        self._publish(self._files)
        self._stopping.clear()
        self._publisher = threading.Thread(
            target=self._run, name="metrics", daemon=True
        )
        self._publisher.start()

    def stop(self) -> None:
        """Publish a last time, and be counted among the dead."""
        if self._files is None or self._publisher is None:
            return
        self._stopping.set()
        self._publisher.join()
        self._publish(self._files)
        self._files.close()
        self._files = self._publisher = None

    def observe(self, batch: Sequence[FinishedCall]) -> None:
        """Count calls that are over: a sink of the recorder."""
        with self._counting:
            self._calls.add(batch)

    def count_refused(self, code: str) -> None:
        """Count a request without a valid key; on the event loop's thread alone."""
        self._refused[code] += 1

    def register(self, name: str, source: Source) -> None:
        """Read a metric that no call tells of from `source`; see Sources.register."""
        self._sources.register(name, source)

    def text(self) -> str:
        """Return the figures of all workers in Prometheus' format. It takes milliseconds:
        not for the event loop's thread."""
        with self._telling:
            if time.monotonic() - self._told_at > FRESH_S:
                self._text, self._told_at = self._fresh_text(), time.monotonic()
            return self._text

    def _fresh_text(self) -> str:
        if self._files is None:
            snapshots = [self._snapshot()]
        else:
            snapshots = [self._publish(self._files), *self._files.others()]
        total = Tables()
        for snapshot in snapshots:
            total.add(snapshot.counts)
        return text_of({**total.rows(), **merged(snapshots)})

    def _snapshot(self) -> Snapshot:
        counts, gauges = self._sources.read()
        refused: Rows = {(code,): [n] for code, n in dict(self._refused).items()}
        with self._counting:
            called = self._calls.rows()
        return Snapshot(
            os.getpid(), {**called, **counts, REFUSED.name: refused}, gauges
        )

    def _run(self) -> None:
        while self._files and not self._stopping.wait(PUBLISH_S):
            self._publish(self._files)

    def _publish(self, files: WorkerFiles) -> Snapshot:
        """Publish what there is now, and return it: what is told here, the next worker that
        is asked must know as well, or a counter would seem to go back."""
        with self._publishing:
            snapshot = self._snapshot()
            try:
                files.publish(snapshot)
            except OSError as error:
                if self._can_write:
                    logger.error("Metrics cannot be shared: %s", error.strerror)
                self._can_write = False
            else:
                self._can_write = True
            return snapshot


METRICS = Metrics()
observe = METRICS.observe
count_refused = METRICS.count_refused

_one_at_a_time = ThreadPoolExecutor(max_workers=1, thread_name_prefix="metrics-text")


def is_scrape(scope: Scope) -> bool:
    """Say whether a program asks for /metrics, with a key or without; not a browser, whose
    user may be staff."""
    if scope["path"] != "/metrics":
        return False
    is_browser = "text/html" in header(scope, b"accept")
    return not is_browser or bool(header(scope, b"authorization"))


async def metrics(request: Request) -> None:
    """Answer the figures. Raises Unauthorized."""
    request.authenticate()
    loop = asyncio.get_running_loop()
    text = await loop.run_in_executor(_one_at_a_time, METRICS.text)
    body = text.encode()
    headers = [
        (b"content-type", CONTENT_TYPE.encode()),
        (b"content-length", b"%d" % len(body)),
        NOSNIFF,
        *request.headers,
    ]
    await request.send(
        {"type": "http.response.start", "status": 200, "headers": headers}
    )
    await request.send({"type": "http.response.body", "body": body})
