"""Which changes are still to be told, and telling them: through the queue of background
tasks, so that a receiver that is away is tried again and nothing waits for it."""

import logging
from collections.abc import Callable
from datetime import timedelta

import orjson
from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from brains import activation
from brains.models import Activation
from gateway.background.api import task
from gateway.notices.messages import payload, subject, text
from gateway.notices.models import NoticeMark
from providers.webhook import NotDelivered, deliver

logger = logging.getLogger(__name__)

# How long after a failure it is tried again; then it is given up, with an error in the log.
RETRY_AFTER = tuple(timedelta(minutes=m) for m in (0.25, 1, 5, 15, 60))
# Of a long outage nobody reads every change.
AT_ONCE_MAX = 20


def enqueue_new() -> None:
    """Enqueue a notice of each change that nobody was told of, for each channel that is
    set up; each once, however many processes call this."""
    channels = _channels()
    if not channels:
        return
    newest = activation.latest()
    revision = newest.revision if newest else 0
    if NoticeMark.objects.filter(pk=1, revision__gte=revision).exists():
        return
    with transaction.atomic():
        row, is_new = NoticeMark.objects.select_for_update().get_or_create(
            pk=1, defaults={"revision": revision}
        )
        if is_new:  # what was before notices were set up is old news
            return
        untold = Activation.objects.filter(revision__gt=row.revision)
        for each in _newest_of(untold):
            for channel in channels:
                send_notice.enqueue(each, channel)
        row.revision = revision
        row.save()


@task
def send_notice(revision: int, channel: str, tries: int = 0) -> None:
    """Tell one change over one channel; try again later when that fails."""
    change = Activation.objects.filter(revision=revision).first()
    if change is None or channel not in _channels():
        return
    try:
        _SEND[channel](change)
    except (NotDelivered, OSError) as error:
        # An SMTP error may quote what was sent; its kind is enough.
        said = str(error) if isinstance(error, NotDelivered) else type(error).__name__
        _retry(revision, channel, tries, said)


def _retry(revision: int, channel: str, tries: int, said: str) -> None:
    if tries >= len(RETRY_AFTER):
        logger.error(
            "The %s notice of revision %d is given up: %s", channel, revision, said
        )
        return
    logger.warning(
        "The %s notice of revision %d is tried again: %s", channel, revision, said
    )
    later = send_notice.using(run_after=timezone.now() + RETRY_AFTER[tries])
    later.enqueue(revision, channel, tries + 1)


def _channels() -> list[str]:
    webhook = ["webhook"] if settings.AURA_WEBHOOK_URL else []
    return webhook + (["e-mail"] if settings.AURA_NOTICE_EMAILS else [])


def _newest_of(untold: QuerySet[Activation]) -> list[int]:
    newest = untold.order_by("-revision").values_list("revision", flat=True)
    return sorted(newest[:AT_ONCE_MAX])


def _post(change: Activation) -> None:
    body = orjson.dumps(payload(change))
    name = f"revision-{change.revision}"
    deliver(settings.AURA_WEBHOOK_URL, settings.AURA_WEBHOOK_SECRET, name, body)


def _mail(change: Activation) -> None:
    send_mail(subject(change), text(change), None, settings.AURA_NOTICE_EMAILS)


_SEND: dict[str, Callable[[Activation], None]] = {"webhook": _post, "e-mail": _mail}
