"""Free ports on 127.0.0.1."""

import random
import socket


def free_port() -> int:
    """Return a port that nothing listens on.

    It lies below the range that outgoing connections take theirs from, so that it is
    still free when a server that was killed under load starts on it again.
    """
    # The system's chance: the tests seed Python's, alike in each of their processes.
    for port in random.SystemRandom().sample(range(20_000, 30_000), 100):
        with socket.socket() as sock:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                sock.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise RuntimeError("No free port between 20000 and 29999.")
