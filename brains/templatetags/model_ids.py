"""How a model id is put on a page: it may wrap, but only where a person would cut it."""

import re

from django import template
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

register = template.Library()

_PIECES = re.compile(r"[^/-]*[/-]+|[^/-]+")


@register.filter
def breakable(text: str) -> SafeString:
    """Return `text`, escaped, with a place to wrap after each `/` and `-`."""
    pieces = _PIECES.findall(str(text))
    return format_html_join("", "{}<wbr>", ((piece,) for piece in pieces))
