"""The log line of each call. logging looks up for every record where in the code it was
made, by which thread and under which name: nothing of that is shown, and it takes longer
than the line itself."""

import logging
import os
import time
from typing import Any

logger = logging.getLogger(__name__)

_MADE_ONCE: dict[str, Any] = logging.LogRecord(
    __name__, logging.INFO, "", 0, "", (), None
).__dict__


class _Line(logging.LogRecord):
    """A record whose message is complete."""

    def __init__(self, message: str) -> None:
        created = time.time()
        self.__dict__ = {
            **_MADE_ONCE,
            "msg": message,
            "created": created,
            "msecs": created % 1 * 1000,
            "process": os.getpid(),
        }

    def getMessage(self) -> str:
        """Return the message."""
        return str(self.msg)


def log_call(model: str, described: str, call_id: str) -> None:
    """Log that a call begins, and with which model."""
    if logger.isEnabledFor(logging.INFO):
        logger.handle(_Line(f"Using model: {model} {described} call={call_id}"))
