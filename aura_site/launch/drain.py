"""Closing idle connections when a gunicorn worker stops. gunicorn waits for them like for
running requests: one open browser tab would hold Ctrl-C for `graceful_timeout`."""

import gc
import signal

from gunicorn.asgi.protocol import (  # type: ignore[import-untyped]
    ASGIProtocol,
)
from gunicorn.workers.gasgi import ASGIWorker  # type: ignore[import-untyped]

# A client that is busy sends its next request within this time and is told in the answer
# that the connection closes; whoever is silent for so long loses nothing.
IDLE_S = 2.0


def close_idle_on_stop(worker: ASGIWorker) -> None:
    """Make SIGTERM end the worker as before, and its idle connections after IDLE_S."""

    def stop() -> None:
        worker.handle_exit_signal()
        worker.loop.call_later(IDLE_S, _close_idle)

    worker.loop.add_signal_handler(signal.SIGTERM, stop)


def _close_idle() -> None:
    # gunicorn keeps no list of its connections; one walk over all objects, at the end of
    # the process, costs less than one beside each connection.
    for thing in gc.get_objects():
        if type(thing) is ASGIProtocol and _is_idle(thing):
            thing._keepalive_timeout()


def _is_idle(connection: ASGIProtocol) -> bool:
    return connection._awaiting_request and not connection._finishing_calls
