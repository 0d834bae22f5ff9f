"""Times are shown to people in one format, in Aura's own pages and where Django writes them."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.conf import settings
from django.utils.formats import date_format, localize

from brains.templatetags.moments import moment, whole_dates
from brains.wording import exact, to_the_minute

AT = datetime(2026, 11, 26, 21, 6, 7, tzinfo=UTC)
# What the filters of `moments` do not write: only what programs read may.
OWN = re.compile(r"\|date:([^ }]+)")


def test_a_time_is_shown_to_the_minute_with_the_second_in_its_title():
    html = (
        '<time class="aura-whole" datetime="2026-11-26T21:06:07+00:00" '
        'title="2026-11-26 21:06:07 UTC">2026-11-26 21:06 UTC</time>'
    )
    assert moment(AT) == moment(AT.isoformat()) == html


def test_django_writes_times_in_the_same_format():
    assert localize(AT) == date_format(AT, "SHORT_DATETIME_FORMAT") == to_the_minute(AT)
    assert localize(AT.date()) == "2026-11-26" and localize(AT.time()) == "21:06"
    assert exact(AT).startswith(to_the_minute(AT).removesuffix(" UTC"))


def test_no_page_has_a_format_of_its_own():
    pages = Path(settings.BASE_DIR, "templates").rglob("*.html")
    found = {(p.name, own) for p in pages for own in OWN.findall(p.read_text())}
    assert {own for _, own in found} <= {"'c'"}


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("Catalogue of 2026-09-02", "Catalogue of {2026-09-02}"),
        ("at 2026-11-26 22:00 UTC.", "at {2026-11-26 22:00 UTC}."),
        ("<b> 2026-9-2", "&lt;b&gt; 2026-9-2"),
    ],
)
def test_a_date_stays_on_one_line(text, html):
    marked = html.replace("{", '<span class="aura-whole">').replace("}", "</span>")
    assert whole_dates(text) == marked
