"""Small pieces of HTML that the admin's pages share: times and states."""

from datetime import datetime

from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timesince import timeuntil

from brains.wording import ago, exact


def relative(moment: datetime) -> SafeString:
    """Return a time as "3 hours ago" or "in 3 hours", the exact one in its title."""
    is_past = moment <= timezone.now()
    distance = ago(moment) if is_past else f"in {timeuntil(moment, depth=1)}"
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        moment.isoformat(),
        exact(moment),
        distance,
    )


NOTHING = format_html('<span class="aura-quiet aura-nothing">{}</span>', "–")
"""What stands in a column where there is nothing to say; on a phone its line is left out."""


def state(text: str, kind: str) -> SafeString:
    """Return a state as a word after a dot; `kind` is good, attention, broken or quiet."""
    return format_html('<span class="aura-state aura-{}">{}</span>', kind, text)
