"""The columns of the list of kept exchanges, and the facts of the page of one of them."""

from decimal import Decimal
from typing import Any

from django.contrib import admin
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from brains.admin.markup import relative, state
from brains.templatetags.model_ids import breakable
from brains.wording import exact
from gateway.admin.call_wording import span, usd
from gateway.kept.models import KeptExchange
from gateway.kept.sealing import Unreadable, seal_if_any
from gateway.kept.texts import Texts, message_text, unpack

UNKNOWN = format_html('<span class="aura-quiet">{}</span>', "unknown")
TEXT = '<div class="aura-text" tabindex="0">{}</div>'


@admin.display(description="When")
def when(row: KeptExchange) -> SafeString:
    """Show how long ago it began."""
    return relative(row.kept_at)


@admin.display(description="When")
def when_exact(row: KeptExchange) -> str:
    """Show the moment."""
    return exact(row.kept_at)


@admin.display(description="Layer")
def layer(row: KeptExchange) -> str:
    """Show the layer that was asked."""
    return row.layer.upper()


@admin.display(description="Served by")
def model(row: KeptExchange) -> SafeString:
    """Show the model, the preset in effect and its revision."""
    return format_html(
        "<code>{}</code><small>{}revision {}</small>",
        breakable(row.model),
        f"{row.preset}, " if row.preset else "",
        row.revision,
    )


@admin.display(description="Time")
def took(row: KeptExchange) -> str:
    """Show how long it took."""
    return span(row.duration_s)


@admin.display(description="Cost")
def cost(row: KeptExchange) -> SafeString | str:
    """Show what it cost."""
    return UNKNOWN if row.cost_usd is None else usd(Decimal(str(row.cost_usd)))


@admin.display(description="Kept")
def whole(row: KeptExchange) -> SafeString | str:
    """Show whether it is whole."""
    return state("cut, not rehearsed", "attention") if row.is_cut else "whole"


@admin.display(description="Messages")
def asked(row: KeptExchange) -> SafeString:
    """Show the messages of the request, each after who speaks."""
    if (texts := _texts(row)) is None:
        return state("The key is gone: it cannot be read.", "broken")
    messages = texts.asked.get("messages", [])
    said = ((m.get("role", "?"), message_text(m)) for m in messages)
    return format_html_join("", f"<p><b>{{}}</b></p>{TEXT}", said)


@admin.display(description="Reply")
def reply(row: KeptExchange) -> SafeString | str:
    """Show the reply."""
    texts = _texts(row)
    return format_html(TEXT, texts.reply) if texts else "–"


@admin.display(description="Asked with")
def settings_of(row: KeptExchange) -> str:
    """Show the fields beside the messages."""
    texts = _texts(row)
    asked = texts.asked if texts else {}
    return ", ".join(f"{k}={v}" for k, v in asked.items() if k != "messages") or "–"


def _texts(row: KeptExchange) -> Texts | None:
    try:
        return unpack(seal_if_any(), row.sealed, row.call_id)
    except Unreadable:
        return None


COLUMNS = (when, layer, model, took, cost, whole)
FACTS: Any = (
    (None, {"fields": ("call_id", when_exact, layer, model, took, cost, whole)}),
    ("What was said", {"fields": (asked, settings_of, reply)}),
)
