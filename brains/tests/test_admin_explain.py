"""Explain: for each value the whole ladder, who brought it about, what an edit would do."""

import re
from html import unescape

import pytest
from django.urls import reverse

from brains import activation
from brains.activation import Author
from brains.admin import explanation
from brains.tests.operators import member
from brains.tests.records import ANN, preset

pytestmark = pytest.mark.django_db
PAGE = reverse("admin:brains_modelpreset_explain")


@pytest.fixture(autouse=True)
def _rungs(settings):
    settings.AURA_ENV_RUNG = {"AURA_L1_MODEL": "env/model", "AURA_L3_MODEL": "no model"}
    settings.AURA_DOTENV_RUNG = {"AURA_L1_MODEL": "dotenv/model"}


def section(client, field):
    """Return what the page says of one value: its head, and each rung."""
    html = client.get(PAGE).content.decode().replace("<wbr>", "")
    part = html.partition(f'id="{field}"')[2].partition("</section>")[0]
    head = words(part.partition("</h2>")[2].partition("</p>")[0])
    rows = re.findall(r"<tr class=.*?</tr>", part, re.DOTALL)
    return head, [words(row) for row in rows]


def words(html):
    return " ".join(unescape(re.sub("<[^>]+>", " ", html)).split())


def test_the_whole_ladder_of_a_value_is_shown(admin_client):
    activation.activate(preset("Budget"), ANN)

    head, rungs = section(admin_client, "l1_model")

    assert head.startswith("google/gemma-7b-it because preset Budget says so. Since")
    assert rungs == [
        "preset preset Budget serves google/gemma-7b-it It serves at once on every "
        "worker, as a new revision. Without it, env/model from AURA_L1_MODEL in the "
        "environment serves.",
        "env AURA_L1_MODEL in the environment env/model hidden Nothing, while preset "
        "Budget has a value.",
        ".env AURA_L1_MODEL in .env dotenv/model hidden Nothing, while preset Budget has "
        "a value.",
        "default the built-in default mistralai/mistral-7b-instruct hidden It is built "
        "in and stays.",
    ]


def test_a_refused_rung_says_why_and_that_an_edit_needs_a_restart(admin_client):
    activation.activate(preset("Default"), ANN)

    _, rungs = section(admin_client, "l3_model")

    assert rungs[0].endswith(
        "not set It serves at once on every worker, as a new revision."
    )
    assert "refused 'no model' is not a model id" in rungs[1]
    assert rungs[1].endswith("It serves after a restart of every worker.")
    assert "serves deepseek/deepseek-chat" in rungs[3]


def test_without_a_preset_the_page_says_how_one_would_serve(admin_client):
    head, rungs = section(admin_client, "l1_model")

    assert head.endswith("Nothing was ever activated.")
    assert rungs[0] == (
        "preset no preset is live not set No preset is live. One that sets it would serve "
        "as soon as it is activated."
    )
    assert rungs[1].startswith("env AURA_L1_MODEL in the environment serves env/model")


def test_each_value_names_the_newest_change_that_brought_it_about(admin_client):
    activation.activate(preset("Budget"), ANN)
    edited = preset("Budget")
    edited.l2_model = "new/model"
    activation.save_preset(edited, Author("bob"))
    activation.activate(preset("Hybrid"), Author("eve", reason="faster L1"))

    l1, _ = section(admin_client, "l1_model")
    dimension, _ = section(admin_client, "embedding_dimension")

    assert "Since revision 3 ," in l1 and "when eve activated Hybrid: “faster L1”" in l1
    assert (
        "Since revision 1 ," in dimension and "when ann activated Budget" in dimension
    )


def test_an_older_change_of_a_value_is_found_behind_newer_ones_of_others(admin_client):
    activation.activate(preset("Budget"), ANN)
    edited = preset("Budget")
    for name in ("a/b", "a/c"):
        edited.l2_model = name
        activation.save_preset(edited, Author("bob"))

    assert "Since revision 1 ," in section(admin_client, "l1_model")[0]
    assert "Since revision 3 ," in section(admin_client, "l2_model")[0]


def test_a_value_that_came_with_a_restart_says_so(admin_client, settings):
    activation.activate(preset("Default"), ANN)
    settings.AURA_ENV_RUNG = {"AURA_L1_MODEL": "other/model"}

    head, _ = section(admin_client, "l1_model")

    assert "It came with a restart" in head and "Since" not in head


def test_a_history_that_is_very_long_is_not_read_to_its_end(admin_client, monkeypatch):
    monkeypatch.setattr(explanation, "LOOK_BACK", 2)
    for name in ("Budget", "Hybrid", "Budget", "Hybrid"):
        activation.activate(preset(name), ANN)

    head, _ = section(admin_client, "embedding_model")

    assert "It is the same since before revision 3 ." in head


def test_it_is_reached_from_the_first_page_and_from_the_cards(admin_client):
    assert PAGE in admin_client.get(reverse("admin:index")).content.decode()
    assert f"{PAGE}#l1_model" in admin_client.get("/").content.decode()


def test_it_is_for_those_who_may_see_presets(client):
    assert member("view_modelpreset").get(PAGE).status_code == 200
    other = member("view_activation", name="other")
    assert other.get(PAGE).status_code == 403
    assert PAGE not in other.get("/").content.decode()
    assert PAGE not in client.get("/").content.decode()


def test_markup_of_people_is_shown_as_text(admin_client):
    activation.activate(
        preset("Budget"), Author("<i>ann</i>", reason="<script>z()</script>")
    )
    html = admin_client.get(PAGE).content.decode()
    assert "<script>z()" not in html and "<i>ann</i>" not in html
    assert "&lt;script&gt;z()" in html
