"""Which changes are still to be told, and telling them: through the queue of background
tasks, so that a receiver that is away is tried again and nothing waits for it."""

from django.db import transaction
from django.db.models import QuerySet

from brains import activation
from brains.models import Activation
from gateway.background.api import task
from gateway.notices.channels import Message, channels, send, try_again
from gateway.notices.messages import payload, subject, text
from gateway.notices.models import NoticeMark
from providers.webhook import NotDelivered

# Of a long outage nobody reads every change.
AT_ONCE_MAX = 20


def enqueue_new() -> None:
    """Enqueue a notice of each change that nobody was told of, for each channel that is
    set up; each once, however many processes call this."""
    wanted = channels()
    if not wanted:
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
            for channel in wanted:
                send_notice.enqueue(each, channel)
        row.revision = revision
        row.save()


@task
def send_notice(revision: int, channel: str, tries: int = 0) -> None:
    """Tell one change over one channel; try again later when that fails."""
    change = Activation.objects.filter(revision=revision).first()
    if change is None or channel not in channels():
        return
    try:
        send(_message(change), channel)
    except NotDelivered as error:
        what = f"The {channel} notice of revision {revision}"
        try_again(send_notice, (revision, channel), tries, what, error)


def _newest_of(untold: QuerySet[Activation]) -> list[int]:
    newest = untold.order_by("-revision").values_list("revision", flat=True)
    return sorted(newest[:AT_ONCE_MAX])


def _message(change: Activation) -> Message:
    name = f"revision-{change.revision}"
    return Message(name, payload(change), subject(change), text(change))
