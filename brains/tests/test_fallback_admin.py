"""Fallbacks in the admin's list, its question before a change, and its history: said where
there are some, and not a word where there are none."""

import re

import pytest
from django.urls import reverse

from brains import activation
from brains.layers import FALLBACKS
from brains.models import Activation
from brains.tests.records import ANN, preset
from brains.tests.status_reader import CANARY, words
from providers.registry import Registry
from providers.shipped import local, named, openrouter

pytestmark = pytest.mark.django_db
LIST = reverse("admin:brains_modelpreset_changelist")
HISTORY = reverse("admin:brains_activation_changelist")


@pytest.fixture(autouse=True)
def _set_up(settings):
    """OpenRouter has its key, groq has none, and nothing is set on the rungs."""
    three = (
        openrouter("", CANARY),
        local("", "", "", {}),
        named("groq", "https://g", ""),
    )
    settings.AURA_PROVIDERS = Registry({p.name: p for p in three})
    settings.AURA_ENV_RUNG, settings.AURA_DOTENV_RUNG = {}, {}


def serve(name="Budget", **fields):
    """Activate a preset with these fields."""
    chosen = preset(name)
    for field, text in fields.items():
        setattr(chosen, field, text)
    activation.save_preset(chosen, ANN)
    activation.activate(chosen, ANN)


# The list and the question.


def row_of(client, name):
    html = client.get(LIST).content.decode()
    rows = html.partition("<tbody>")[2].partition("</tbody>")[0].split("<tr>")
    return next(r for r in rows if f">{name}</a>" in r).replace("<wbr>", "")


def test_the_list_says_what_comes_after_each_model(admin_client, settings):
    settings.AURA_ENV_RUNG = {"AURA_L3_FALLBACK": "env/x"}
    serve(l1_fallback="a/b,c/d,e/f")

    row = row_of(admin_client, "Budget")

    first, third = re.findall(
        r'<small class="aura-then" title="([^"]+)">(.*?)</small>', row
    )
    assert first == (
        "a/b, then c/d, then e/f, from preset Budget",
        "then <code>a/b</code> and 2 more",
    )
    assert third == (
        "env/x, from AURA_L3_FALLBACK in the environment",
        "then <code>env/x</code>",
    )


def test_the_list_without_fallbacks_has_not_a_word_of_them(admin_client):
    assert "aura-then" not in admin_client.get(LIST).content.decode()


def test_a_search_finds_presets_by_fallback(admin_client):
    serve(l2_fallback="very/special")

    html = admin_client.get(LIST, {"q": "very/spec"}).content.decode()

    assert ">Budget</a>" in html and ">Hybrid</a>" not in html


def question(client, name):
    url = reverse("admin:brains_modelpreset_activate", args=[preset(name).pk])
    return client.get(url).content.decode().replace("<wbr>", "")


def rows_of(html):
    rows = re.findall(r'<tr class="aura-(\w+)">(.*?)</tr>', html, re.DOTALL)
    return [(kind, words(row)) for kind, row in rows]


def test_the_question_shows_fallbacks_among_what_changes(admin_client):
    serve("Hybrid", l1_fallback="a/b,c/d", l3_fallback="none")

    html = question(admin_client, "Budget")

    assert "Budget would replace Hybrid. 4 values would change." in html
    assert rows_of(html)[1] == (
        "changed",
        "L1 fallback if it fails a/b , then c/d from preset Hybrid none",
    )
    assert "L3 fallback" not in html


def test_the_question_tells_fallbacks_of_elsewhere_from_a_change(
    admin_client, settings
):
    settings.AURA_ENV_RUNG = {"AURA_L1_FALLBACK": "a/b"}
    serve("Hybrid", l1_fallback="a/b")

    assert rows_of(question(admin_client, "Budget"))[1] == (
        "unchanged",
        "L1 fallback if it fails a/b from preset Hybrid a/b unchanged, but from "
        "AURA_L1_FALLBACK in the environment",
    )


def test_the_question_without_fallbacks_has_not_a_word_of_them(admin_client):
    assert "fallback" not in question(admin_client, "Budget")


@pytest.mark.parametrize(
    ("fields", "warning"),
    [
        ({"l1_fallback": "groq/x"}, "Then fallbacks of L1 cannot answer. No key for"),
        (
            {"l1_model": "groq/x", "l1_fallback": "a/b", "l2_model": "groq/x"},
            "Then only fallbacks of L1 can answer. No key for",
        ),
        (
            {"l1_model": "groq/x", "l1_fallback": "a/b", "l2_model": "groq/x"},
            "Then L2 cannot answer. No key for",
        ),
    ],
)
def test_the_question_warns_of_fallbacks_that_cannot_be_called(
    admin_client, fields, warning
):
    serve(**fields)
    activation.deactivate(ANN)

    assert warning in words(question(admin_client, "Budget"))


def test_the_first_page_shows_fallbacks_among_what_serves(admin_client):
    serve(l1_fallback="a/b")

    html = admin_client.get(reverse("admin:index")).content.decode()

    assert "L1 fallback if it fails a/b from preset Budget" in words(html)


# The history.


def differences(client):
    html = client.get(HISTORY).content.decode()
    cells = re.findall(r'<td class="field-difference">(.*?)</td>', html, re.DOTALL)
    html = [cell.replace("<li>", " ") for cell in cells]
    return [" ".join(re.sub("<[^>]+>", "", cell).split()) for cell in html]


def test_the_history_says_how_fallbacks_changed(admin_client):
    serve(l1_fallback="a/b,c/d")
    serve(l1_fallback="none")

    assert differences(admin_client)[0] == "L1 fallback a/b, then c/d → none"
    assert " L1 fallback a/b, then c/d L2 " in differences(admin_client)[1]


def page_of(client, revision):
    pk = Activation.objects.get(revision=revision).pk
    url = reverse("admin:brains_activation_change", args=[pk])
    return words(client.get(url).content.decode())


def test_one_entry_shows_the_fallbacks_as_they_were(admin_client):
    serve(l1_fallback="a/b,c/d")
    serve(l1_fallback="none")

    assert "L1 fallback if it fails a/b , then c/d from preset Budget none" in (
        page_of(admin_client, 2)
    )
    was = page_of(admin_client, 1).partition("The preset as it was")[2]
    assert "L1 google/gemma-7b-it L1 fallback a/b , then c/d L2 " in was
    assert "L2 fallback" not in page_of(admin_client, 2)


def test_an_entry_from_before_there_were_fallbacks_had_none(admin_client):
    serve()
    old = Activation.objects.get()
    assert old.snapshot is not None
    for value in FALLBACKS:
        del old.snapshot["values"][value.field], old.resolved[value.field]
    Activation.objects.update(snapshot=old.snapshot, resolved=old.resolved)
    serve("Hybrid", l1_fallback="a/b")

    assert "fallback" not in page_of(admin_client, 1)
    assert "L1 fallback none → a/b" in differences(admin_client)[0]
    assert "fallback" not in differences(admin_client)[1]
