"""Small pieces of HTML that the admin's pages share: model ids, times and states."""

from datetime import datetime

from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timesince import timeuntil

from brains.templatetags.model_ids import breakable
from brains.wording import ago, exact


def model_id(text: str) -> SafeString:
    """Return a model id in monospace that wraps only after "/" and "-"."""
    # Not after its end: a comma or period would be alone on the next line.
    pieces = SafeString(breakable(text).removesuffix("<wbr>"))
    return format_html("<code>{}</code>", pieces)


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


def state(text: str, kind: str) -> SafeString:
    """Return a state as a word after a dot; `kind` is good, attention, broken or quiet."""
    return format_html('<span class="aura-state aura-{}">{}</span>', kind, text)
