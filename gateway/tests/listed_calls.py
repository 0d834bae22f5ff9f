"""Calls on record, and how the pages of the admin that show them are read."""

import re
from html import unescape
from typing import Any

from django.http import HttpResponse
from django.utils import timezone

from gateway.records.models import CallRecord
from gateway.tests.recording import finished

LIST = "/admin/gateway/callrecord/"


def row(**fields: Any) -> CallRecord:
    """Return a call that is not saved."""
    values = finished()._asdict() | {
        "call_id": finished().id,
        "cost_source": "provider",
    }
    values |= {"began_at": timezone.now(), "key_id": None, "overhead_s": 0.0002}
    for name in ("id", "upstream_s"):
        del values[name]
    return CallRecord(**values | fields)


def record(**fields: Any) -> CallRecord:
    """Save a call as the recorder would, and return it."""
    call = row(**fields)
    call.save()
    return call


def refused(**fields: Any) -> CallRecord:
    """Return a saved call that came to no model."""
    none = dict.fromkeys(("layer", "model", "provider", "preset", "source"), "")
    unknown = dict.fromkeys(("input_tokens", "output_tokens", "cost_usd"))
    ended = {"status": 404, "error": "model_not_found", "attempts": 0, "revision": 0}
    return record(**none | unknown | ended | {"first_chunk_s": None} | fields)


def shown(response: HttpResponse) -> list[int]:
    """Return the keys of the calls in a list, in its order."""
    found = re.findall(r"/gateway/callrecord/(\d+)/change/", response.content.decode())
    return [int(number) for number in found]


def text_of(response: HttpResponse) -> str:
    """Return what a person reads, with single spaces."""
    text = re.sub(
        r"<(script|style|head).*?</\1>", " ", response.content.decode(), flags=re.S
    )
    return " ".join(
        unescape(re.sub(r"<[^>]+>", " ", text.replace("<wbr>", ""))).split()
    )


def link(response: HttpResponse, rel: str) -> str | None:
    """Return the address of the next or the previous page, or None."""
    found = re.search(rf'<a href="([^"]+)" rel="{rel}"', response.content.decode())
    return LIST + found[1].replace("&amp;", "&") if found else None
