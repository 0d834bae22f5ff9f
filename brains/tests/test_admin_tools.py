"""What can be done with a preset, on its page: in the order of use, and no more than one may."""

import re

import pytest
from django.urls import reverse

from brains import activation
from brains.tests.operators import member
from brains.tests.records import ANN, preset

pytestmark = pytest.mark.django_db


def tools(client, name):
    """Return what can be done on a preset's page: the buttons, and what is folded."""
    url = reverse("admin:brains_modelpreset_change", args=[preset(name).pk])
    html = client.get(url).content.decode()
    shown = html.partition('<ul class="aura-tools">')[2].partition("<form")[0]
    buttons, _, folded = shown.partition("<summary>More</summary>")
    return [re.findall(r"<a [^>]*>([^<]+)</a>", part) for part in (buttons, folded)]


def test_what_is_used_most_stands_first_and_the_rest_is_folded(admin_client):
    activation.activate(preset("Budget"), ANN)
    assert tools(admin_client, "Hybrid") == [
        ["Activate", "Check models", "Try it in the playground"],
        ["Canary…", "Rehearse", "Compare", "History"],
    ]
    assert tools(admin_client, "Budget") == [
        ["Check models", "Try it in the playground"],
        ["Rehearse", "Compare", "History", "Deactivate"],
    ]


def test_nobody_is_offered_what_he_may_not():
    assert tools(member("view_modelpreset"), "Hybrid") == [[], ["Compare", "History"]]
    assert tools(member("activate_modelpreset", name="ann"), "Hybrid") == [
        ["Activate", "Check models"],
        ["Canary…", "Compare", "History"],
    ]
