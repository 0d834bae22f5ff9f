"""Bounded waiting for what another thread or process does, in place of sleeps."""

import asyncio
import time
from collections.abc import Callable

REST_MAX_S, REST_SHARE = 0.1, 0.02


def wait_until(
    claim: Callable[[], object],
    what: str,
    timeout_s: float = 5.0,
    every_s: float = 0.005,
) -> float:
    """Wait until `claim()` is true and return the seconds it took.

    It is put less often when it takes long to answer, since it asks a server, and the
    longer we wait: what is waited for needs the processor too. Raises TimeoutError naming
    `what` was waited for when it takes over `timeout_s`.
    """
    began = asked = time.monotonic()
    while not claim():
        now = time.monotonic()
        if now - began > timeout_s:
            raise TimeoutError(f"Waited {timeout_s:g} s for {what}.")
        rest = max(2 * (now - asked), (now - began) * REST_SHARE)
        time.sleep(max(every_s, min(rest, REST_MAX_S)))
        asked = time.monotonic()
    return time.monotonic() - began


async def eventually(
    claim: Callable[[], object], what: str, timeout_s: float = 1.0
) -> float:
    """Wait in a coroutine until `claim()` is true and return the seconds it took.

    Raises TimeoutError naming `what` was waited for when it takes over `timeout_s`.
    """
    began = time.monotonic()
    while not claim():
        if time.monotonic() - began > timeout_s:
            raise TimeoutError(f"Waited {timeout_s:g} s for {what}.")
        await asyncio.sleep(0.002)
    return time.monotonic() - began
