"""The log line of each call. The server's handler takes it as text; any other gets a record
like that of every line."""

import logging
from typing import Any

logger = logging.getLogger(__name__)

_ROOT, _ROOM = logging.getLogger(), logging.getLogger("gateway")


def log_call(model: str, described: str, call_id: str) -> None:
    """Log that a call begins, and with which model."""
    if not logger.isEnabledFor(logging.INFO):
        return
    message = f"Using model: {model} {described} call={call_id}"
    if takes_info := getattr(_only_handler(), "info", None):
        takes_info(message)
    else:
        logger.info("%s", message)


def _only_handler() -> Any:
    """Return the handler that alone gets what is logged here, if it is that of the root."""
    if logger.handlers or _ROOM.handlers or len(_ROOT.handlers) != 1:
        return None
    return _ROOT.handlers[0]
