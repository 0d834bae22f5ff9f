"""`python -m gateway.tests.spooling_process write|replay`: a process with the record of calls
of a worker, to be killed. It prints the id of each call that it answers for."""

import sys
import time

import django

django.setup()

from gateway.records import replay  # noqa: E402 - models need Django
from gateway.records.prices import fetched  # noqa: E402
from gateway.records.rows import CallRows  # noqa: E402
from gateway.tests.recording import finished  # noqa: E402

LIFE_S = 30


def write(rows: CallRows, until: float) -> None:
    """Write batch after batch, and say which calls were taken."""
    while time.monotonic() < until:
        calls = [finished(id=f"req_{time.time_ns():x}_{n}") for n in range(20)]
        rows.write(calls)
        print(*(call.id for call in calls), sep="\n", flush=True)


def put_back(rows: CallRows, until: float) -> None:
    """Put back what is on disk."""
    while time.monotonic() < until:
        rows.look()
        time.sleep(0.01)


if __name__ == "__main__":
    replay.RETRY_S = 0.02
    do = {"write": write, "replay": put_back}[sys.argv[1]]
    do(CallRows(fetched().parent), time.monotonic() + LIFE_S)
