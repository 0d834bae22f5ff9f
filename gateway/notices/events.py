"""Notices of what is no change of what is live: told once for what they are about, or again
after a while, however many processes see it."""

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from gateway.background.api import task
from gateway.notices.channels import Message, channels, send, try_again
from gateway.notices.models import NoticeTold
from providers.webhook import NotDelivered


@dataclass(frozen=True, slots=True)
class Event:
    """What happened: its type for programs, what it is about, and what is said of it."""

    type: str
    about: tuple[str, ...]
    """What makes it the same event as another one, apart from its type."""
    subject: str
    text: str
    data: dict[str, Any]

    @property
    def digest(self) -> str:
        """SHA-256 (hex) of its type and what it is about."""
        return hashlib.sha256("\n".join((self.type, *self.about)).encode()).hexdigest()


def tell(event: Event, again_after: timedelta | None = None) -> bool:
    """Enqueue a notice for each channel that is set up, unless this was told already (and
    less than `again_after` ago); say whether that was done."""
    wanted = channels()
    if not wanted:
        return False
    now = timezone.now()
    since = now - again_after if again_after else None
    with transaction.atomic():
        rows = NoticeTold.objects.select_for_update()
        row, is_new = rows.get_or_create(digest=event.digest, defaults={"told_at": now})
        if not is_new and (since is None or since < row.told_at <= now):
            return False
        row.told_at = now
        row.save(update_fields=["told_at"])
        for channel in wanted:
            send_event.enqueue(_letter(event, now.isoformat()), channel)
    return True


@task
def send_event(letter: dict[str, Any], channel: str, tries: int = 0) -> None:
    """Send what happened over one channel; try again later when that fails."""
    if channel not in channels():
        return
    message = Message(**letter)
    try:
        send(message, channel)
    except NotDelivered as error:
        what = f"The {channel} notice {message.id}"
        try_again(send_event, (letter, channel), tries, what, error)


def _letter(event: Event, at: str) -> dict[str, Any]:
    """Return the message as JSON-ready values, for the queue."""
    return {
        "id": f"{event.type}-{hashlib.sha256((event.digest + at).encode()).hexdigest()[:16]}",
        "payload": {"type": event.type, "timestamp": at, "data": event.data},
        "subject": event.subject,
        "text": event.text,
    }
