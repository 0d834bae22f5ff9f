"""The channels over which notices go, a webhook and e-mail, and what is done where nobody
takes one: it is tried again by the queue of background tasks, then given up."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import orjson
from django.conf import settings
from django.core.mail import send_mail
from django.utils import timezone

from gateway.background.api import Task
from providers.webhook import NotDelivered, deliver

logger = logging.getLogger(__name__)

# How long after a failure it is tried again; then it is given up, with an error in the log.
RETRY_AFTER = tuple(timedelta(minutes=m) for m in (0.25, 1, 5, 15, 60))


@dataclass(frozen=True, slots=True)
class Message:
    """A notice: to programs as JSON under an id that no other has, to people as a text."""

    id: str
    payload: dict[str, Any]
    subject: str
    text: str


def channels() -> list[str]:
    """Return the channels that are set up."""
    webhook = ["webhook"] if settings.AURA_WEBHOOK_URL else []
    return webhook + (["e-mail"] if settings.AURA_NOTICE_EMAILS else [])


def send(message: Message, channel: str) -> None:
    """Send a notice over one channel. Raises NotDelivered."""
    try:
        _SEND[channel](message)
    except OSError as error:
        # An SMTP error may quote what was sent; its kind is enough.
        raise NotDelivered(type(error).__name__) from None


def try_again(
    task: "Task[..., None]", args: tuple[Any, ...], tries: int, what: str, why: object
) -> None:
    """Enqueue a task again that could not deliver, with its number of tries behind its
    arguments; give up after the last one."""
    if tries >= len(RETRY_AFTER):
        logger.error("%s is given up: %s", what, why)
        return
    logger.warning("%s is tried again: %s", what, why)
    later = task.using(run_after=timezone.now() + RETRY_AFTER[tries])
    later.enqueue(*args, tries + 1)


def _post(message: Message) -> None:
    body = orjson.dumps(message.payload)
    deliver(settings.AURA_WEBHOOK_URL, settings.AURA_WEBHOOK_SECRET, message.id, body)


def _mail(message: Message) -> None:
    send_mail(message.subject, message.text, None, settings.AURA_NOTICE_EMAILS)


_SEND: dict[str, Callable[[Message], None]] = {"webhook": _post, "e-mail": _mail}
