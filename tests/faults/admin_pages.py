"""What people do in the admin, for the tests of faults: ask, and press the button."""

import html
import re
from typing import Any

from django.test import Client
from django.urls import reverse

from brains.models import ModelPreset

LIST = "/admin/brains/modelpreset/"


def question(client: Client, name: str) -> tuple[str, dict[str, Any]]:
    """Open the page that asks before it activates a preset; return its address and what
    its form would send."""
    preset = ModelPreset.objects.get(name=name)
    url = reverse("admin:brains_modelpreset_activate", args=[preset.pk])
    form = client.get(url).context["form"]
    return url, {field: form[field].value() or "" for field in form.fields}


def text_of(response: Any) -> str:
    """Return the words of a page, without its markup."""
    text = re.sub(r"<[^>]*>", " ", response.content.decode())
    return " ".join(html.unescape(text).split())
