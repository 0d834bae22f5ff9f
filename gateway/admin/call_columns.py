"""The columns of the list of calls in the admin, and the facts of the page of one call."""

from typing import Any

from django.contrib import admin
from django.utils.html import escape, format_html, format_html_join
from django.utils.safestring import SafeString

from brains.admin.markup import relative, state
from brains.preview.preview import ABILITIES
from brains.templatetags.model_ids import breakable
from brains.wording import exact, listed
from gateway.abilities import names
from gateway.admin.call_wording import (
    CLIENT_GONE,
    because,
    costs_nothing,
    layer_title,
    provider_title,
    sentence,
    span,
    tokens,
    usd,
    usd_short,
    why_fallback,
)
from gateway.records.models import CallRecord
from gateway.spelling import parse_layer

UNKNOWN = format_html('<span class="aura-quiet">{}</span>', "unknown")
NONE = format_html('<span class="aura-quiet">{}</span>', "–")


@admin.display(description="When")
def when(call: CallRecord) -> SafeString:
    """Show how long ago it began."""
    return relative(call.began_at)


@admin.display(description="Layer")
def layer(call: CallRecord) -> SafeString | str:
    """Show the layer that was asked."""
    return layer_title(call) or NONE


@admin.display(description="Model")
def model(call: CallRecord) -> SafeString:
    """Show what served; and what was asked for, when that is another name than the layer's."""
    asked = "" if parse_layer(call.asked)[0] else call.asked
    if not call.model:
        return format_html("<code>{}</code>", breakable(asked)) if asked else NONE
    served = format_html("<code>{}</code>", breakable(call.model))
    if asked and asked != call.model:
        served += format_html("<small>asked for {}</small>", breakable(asked))
    if call.fallback:
        served += format_html("<small>fallback: {}</small>", call.fallback)
    return served


@admin.display(description="Preset")
def preset(call: CallRecord) -> SafeString:
    """Show the preset in effect, and the revision."""
    if not call.revision:
        return NONE
    name = call.preset or "none"
    side = f", canary: {call.canary}" if call.canary else ""
    return format_html(
        "{} <small>revision\u00a0{}{}</small>", name, call.revision, side
    )


@admin.display(description="Outcome")
def outcome(call: CallRecord) -> SafeString:
    """Show the status, and the error's code."""
    shown = state(str(call.status), _kind(call))
    return (
        format_html("{} <small>{}</small>", shown, _error(call))
        if call.error
        else shown
    )


@admin.display(description="Tokens")
def tokens_of(call: CallRecord) -> SafeString | str:
    """Show the tokens sent and answered."""
    return tokens(call) or NONE


@admin.display(description="Cost")
def cost(call: CallRecord) -> SafeString | str:
    """Show the cost; "about" where the provider did not say it."""
    if call.cost_usd is None:
        return NONE
    shown = usd_short(call.cost_usd)
    is_exact = call.cost_source == "provider" or shown.startswith("<")
    is_exact = is_exact or costs_nothing(call)
    return format_html(
        '<span title="{}, {}">{}{}</span>',
        usd(call.cost_usd),
        _whose(call),
        "" if is_exact else "≈ ",
        shown,
    )


@admin.display(description="First token")
def first_token(call: CallRecord) -> SafeString | str:
    """Show the time to the first chunk of a stream."""
    return span(call.first_chunk_s) or NONE


@admin.display(description="Duration")
def duration(call: CallRecord) -> str:
    """Show the time to the end."""
    return span(call.duration_s)


@admin.display(description="Key")
def key_of(call: CallRecord) -> str:
    """Show the key's name as it was then."""
    return call.key_name


COLUMNS = (
    *(when, layer, model, preset, outcome, tokens_of, cost, first_token),
    *(duration, key_of),
)


@admin.display(description="What happened")
def story(call: CallRecord) -> str:
    """Say what became of it."""
    return sentence(call)


@admin.display(description="When")
def moment(call: CallRecord) -> SafeString:
    """Show the time to the second."""
    return format_html("{} ({})", exact(call.began_at), relative(call.began_at))


@admin.display(description="Call id")
def call_id(call: CallRecord) -> SafeString:
    """Show the id that the client was told."""
    return format_html(
        '<code id="call-id">{}</code> '
        '<button type="button" class="button" data-copy="call-id" hidden>Copy</button>',
        call.call_id,
    )


@admin.display(description="Asked for")
def asked(call: CallRecord) -> SafeString:
    """Show the name that the client asked for, and how it was to be answered."""
    how = {"embeddings": "embeddings"}.get(call.operation, "a whole answer")
    how = "a stream" if call.is_streamed else how
    return format_html("<code>{}</code>, {}", breakable(call.asked), how)


@admin.display(description="Model")
def served(call: CallRecord) -> SafeString:
    """Show the model that served or was tried last, where, and why that one."""
    if not call.model:
        return format_html('<span class="aura-quiet">{}</span>', "none was asked")
    why = why_fallback(call) or because(call)
    shown = format_html(
        "<code>{}</code> at {}", breakable(call.model), provider_title(call)
    )
    return format_html("{}, because {}", shown, why) if why else shown


@admin.display(description="Requests")
def attempts(call: CallRecord) -> str:
    """Show how many requests it took."""
    return f"{call.attempts} to providers"


@admin.display(description="Aura's own time")
def own_time(call: CallRecord) -> str:
    """Show what of the duration was not the provider's."""
    return span(call.overhead_s)


@admin.display(description="Tokens sent")
def tokens_sent(call: CallRecord) -> SafeString | str:
    """Show the tokens of the prompt."""
    return UNKNOWN if call.input_tokens is None else f"{call.input_tokens:,}"


@admin.display(description="Tokens answered")
def tokens_answered(call: CallRecord) -> SafeString | str:
    """Show the tokens of the answer."""
    return UNKNOWN if call.output_tokens is None else f"{call.output_tokens:,}"


@admin.display(description="Cost")
def cost_said(call: CallRecord) -> SafeString | str:
    """Show the cost, and who says so."""
    if call.cost_usd is None:
        return UNKNOWN
    return f"{usd(call.cost_usd)}, {_whose(call)}"


@admin.display(description="Uses")
def uses(call: CallRecord) -> SafeString | str:
    """Show what it used of the model."""
    used = [ABILITIES.get(name, name) for name in names(call.abilities)]
    return listed(used) if used else NONE


FACTS: tuple[tuple[str | None, Any], ...] = (
    (None, {"fields": (story, moment, call_id)}),
    ("Who asked", {"fields": (key_of, asked, uses)}),
    ("What served", {"fields": (layer, served, preset, attempts)}),
    ("How it went", {"fields": (outcome, first_token, duration, own_time)}),
    ("What it took", {"fields": (tokens_sent, tokens_answered, cost_said)}),
)


def _whose(call: CallRecord) -> str:
    if costs_nothing(call):
        return "no cost per call: this server takes no key"
    is_said = call.cost_source == "provider"
    return "as the provider says" if is_said else "by the price table"


def _error(call: CallRecord) -> SafeString:
    """Return the code, which may wrap after each "_"."""
    *parts, last = call.error.split("_")
    return format_html_join("", "{}_<wbr>", ((part,) for part in parts)) + escape(last)


def _kind(call: CallRecord) -> str:
    if not call.error:
        return "good"
    if call.status == CLIENT_GONE:
        return "quiet"
    return "attention" if 400 <= call.status < 500 else "broken"
