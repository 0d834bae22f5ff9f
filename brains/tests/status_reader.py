"""Reads the status page as a person does, for the tests of this room."""

import re

from django.test import Client

from brains import activation, live
from brains.activation import Author
from brains.models import ModelPreset
from brains.selection import Selection
from providers.registry import Registry
from providers.shipped import local, offline, openrouter

CANARY = "sk-or-canary-0123456789"


def registry(key: str = CANARY, url: str = "") -> Registry:
    """Return providers that have what they need, unless a key is taken away."""
    servers = (openrouter(url, key), local("", "", "", {}), offline("http://o/v1", ""))
    return Registry({server.name: server for server in servers})


def words(html: str) -> str:
    """Return the text of a piece of a page, with single spaces."""
    return " ".join(re.sub("<[^>]+>", " ", html.replace("<wbr>", "")).split())


def page(client: Client | None = None, url: str = "/") -> str:
    """Return the page as HTML."""
    response = (client or Client()).get(url)
    assert response.status_code == 200
    return response.content.decode()


def shown(client: Client | None = None) -> str:
    """Return the page as text."""
    return words(page(client))


def fact(name: str) -> str:
    """Return what the page says of one thing around the selection, such as "Workers"."""
    return words(page().partition(f"<dt>{name}</dt>")[2].partition("</dd>")[0])


def activated(name: str) -> Selection:
    """Activate a preset, and return what this process serves then."""
    preset = ModelPreset.objects.get(name=name)
    activation.activate(preset, Author("ann", reason="night costs"))
    return live.load().selection
