"""How a model id is put on a page: it may wrap, but only where a person would cut it."""

import re

from django import template
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from brains import values

register = template.Library()

_PIECES = re.compile(r"[^/-]*[/-]+|[^/-]+")


@register.filter
def breakable(text: str) -> SafeString:
    """Return `text`, escaped, with a place to wrap after each `/` and `-`."""
    pieces = _PIECES.findall(str(text))
    return format_html_join("", "{}<wbr>", ((piece,) for piece in pieces))


@register.filter
def in_turn(text: str) -> SafeString:
    """Return a value in monospace: of fallbacks each, with "then" between them; "none" for
    none."""
    # No place to wrap after the end: a comma would be alone on the next line.
    ids = values.model_ids(str(text))
    pieces = ((SafeString(breakable(i).removesuffix("<wbr>")),) for i in ids)
    return format_html_join(", then ", "<code>{}</code>", pieces) or SafeString("none")
