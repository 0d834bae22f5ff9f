"""Tasks that wait for models: a few threads beside the worker's loop take them, so that an
answer which takes a minute holds nothing else up."""

import logging
import threading
from concurrent.futures import Future, ThreadPoolExecutor

from django.db import DatabaseError, InterfaceError, connection
from django_tasks_db.management.commands.db_worker import Worker

from gateway.background.queues import PATIENT, has_ready, worker_of

logger = logging.getLogger(__name__)

AT_ONCE = 4
LOOK_EVERY_S = 0.5
RETRY_S = 2.0
END_WITHIN_S = 10.0
"""So long a stop waits for what runs; what is cut off then is taken up again elsewhere."""


class PatientTasks:
    """The threads of one process: one that looks, and up to `at_once` that work."""

    def __init__(
        self, at_once: int = AT_ONCE, look_every_s: float = LOOK_EVERY_S
    ) -> None:
        self._at_once, self._look_every_s = at_once, look_every_s
        self._stop = threading.Event()
        self._workers: dict[Future[None], Worker] = {}
        self._pool = ThreadPoolExecutor(at_once, thread_name_prefix="patient task")
        self._thread = threading.Thread(
            target=self._run, name="patient tasks", daemon=True
        )

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def stop(self, timeout_s: float = END_WITHIN_S) -> bool:
        """Take nothing more, and wait for what runs; say whether all of it has ended."""
        self._stop.set()
        self._thread.join(timeout_s)
        for worker in list(self._workers.values()):
            worker.running = False
        self._pool.shutdown(wait=False, cancel_futures=True)
        ended = threading.Thread(target=self._pool.shutdown, daemon=True)
        ended.start()
        ended.join(timeout_s)
        return not ended.is_alive()

    def _run(self) -> None:
        pause_s = self._look_every_s
        while not self._stop.wait(pause_s):
            pause_s = self._look_every_s if self._look() else RETRY_S
        connection.close()

    def _look(self) -> bool:
        """Let one more thread work where a task waits; say whether the database answered."""
        try:
            if len(self._workers) < self._at_once and has_ready(PATIENT):
                worker = worker_of(PATIENT, self._look_every_s)
                working = self._pool.submit(_work, worker)
                self._workers[working] = worker
                working.add_done_callback(lambda done: self._workers.pop(done, None))
        except (DatabaseError, InterfaceError):
            connection.close()
            return False
        return True


def _work(worker: Worker) -> None:
    try:
        worker.run()
    except (DatabaseError, InterfaceError) as error:
        logger.warning("A task was left: %s.", type(error).__name__)
    finally:
        connection.close()
