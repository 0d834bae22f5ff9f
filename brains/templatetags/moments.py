"""How a time is put on a page: to the minute, in UTC, with the second in its title; a date stays
on one line."""

import re
from datetime import datetime

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from brains import wording

register = template.Library()

_DATE = re.compile(
    r"(\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2})?)?(?: UTC)?)", re.ASCII
)


@register.filter
def moment(when: datetime | str) -> SafeString:
    """Return a time, which may be written as in ISO 8601, as an element."""
    at = datetime.fromisoformat(when) if isinstance(when, str) else when
    return format_html(
        '<time class="aura-whole" datetime="{}" title="{}">{}</time>',
        at.isoformat(),
        wording.exact(at),
        wording.to_the_minute(at),
    )


@register.filter
def exact(when: datetime) -> str:
    """Return a time to the second."""
    return wording.exact(when)


@register.filter
def to_the_minute(when: datetime) -> str:
    """Return a time where no element may stand."""
    return wording.to_the_minute(when)


@register.filter
def whole_dates(text: str) -> SafeString:
    """Return `text`, escaped, in which no date is cut at the end of a line."""
    pieces: list[str] = _DATE.split(str(text))
    pieces[1::2] = (
        format_html('<span class="aura-whole">{}</span>', date) for date in pieces[1::2]
    )
    return format_html_join("", "{}", ((piece,) for piece in pieces))
