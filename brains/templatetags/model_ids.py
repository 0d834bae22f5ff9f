"""How a model id or a variable is put on a page: it may wrap, but only where a person would
cut it."""

import re

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from brains import values

register = template.Library()

_VARIABLE = re.compile(r"([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)")
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


@register.filter
def variables(text: str) -> SafeString:
    """Return `text`, escaped, in which names of variables stay on one line where they fit, and
    else wrap after a `_`."""
    pieces: list[str] = _VARIABLE.split(str(text))
    pieces[1::2] = map(_variable, pieces[1::2])  # every second one is a name
    return format_html_join("", "{}", ((piece,) for piece in pieces))


def _variable(name: str) -> SafeString:
    parts = ((part,) for part in name.split("_"))
    return format_html(
        '<span class="aura-variable">{}</span>',
        format_html_join(SafeString("_<wbr>"), "{}", parts),
    )
