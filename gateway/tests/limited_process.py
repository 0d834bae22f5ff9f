"""`python -m gateway.tests.limited_process`: counts requests of one key as a worker does. It
prints "ready", waits for a line, asks at a steady pace, and prints when it was admitted."""

import sys
import time

import django

django.setup()

from gateway.limits.key_limits import KeyLimits  # noqa: E402
from gateway.limits.sharing import LimitSharing  # noqa: E402 - models need Django
from gateway.tests.limited_keys import limited, refusal  # noqa: E402

LIMIT, TIMES, EVERY_S = 100, 200, 0.02
KEY = limited(7, requests_per_minute=LIMIT, usd_per_day=1000.0)
COST_USD = 0.01


def main() -> None:
    """Ask TIMES times."""
    limits = KeyLimits()
    limits.follow({KEY.id: KEY.limits} if KEY.limits else {})
    sharing = LimitSharing(limits)
    sharing.start(wait_s=10)
    print("ready", flush=True)
    sys.stdin.readline()
    began = time.monotonic()
    for turn in range(TIMES):
        time.sleep(max(0.0, began + turn * EVERY_S - time.monotonic()))
        if refusal(limits, KEY) is None:
            print(time.time())
            limits.charge(KEY, 10, COST_USD)
    sharing.stop(timeout_s=10)


if __name__ == "__main__":
    main()
