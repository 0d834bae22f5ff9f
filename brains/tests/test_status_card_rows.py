"""The cards of the status page share their rows: each has as many as the stylesheet says,
whatever is known of its layer, else one text would stand on another."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from django.conf import settings
from django.urls import reverse

from brains import status_pace

pytestmark = pytest.mark.django_db

VOID = {"wbr", "meta", "link", "input", "img", "br", "hr"}


class Cards(HTMLParser):
    """Counts the children of each card."""

    def __init__(self):
        super().__init__()
        self.children, self._depth = [], None

    def handle_starttag(self, tag, attrs):
        if ("class", "card") in attrs:
            self.children.append(0)
            self._depth = 0
        elif self._depth is not None and tag not in VOID:
            self._depth += 1
            self.children[-1] += self._depth == 1

    def handle_endtag(self, tag):
        if self._depth is not None and tag not in VOID:
            self._depth = self._depth - 1 if self._depth else None


def rows():
    css = (Path(settings.BASE_DIR) / "static/aura/aura.css").read_text()
    [found] = re.findall(r"^\.card \{[^}]*grid-row: span (\d+)", css, re.M)
    return int(found)


@pytest.mark.parametrize("pace", ["", "first token 295 ms p95"])
def test_each_card_has_as_many_rows_as_the_stylesheet_says(client, monkeypatch, pace):
    monkeypatch.setattr(status_pace, "_say", lambda models: {"l3": pace})
    cards = Cards()
    cards.feed(client.get(reverse("status")).content.decode())
    assert cards.children == [rows()] * 4
