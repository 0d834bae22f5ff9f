"""Any two revisions, value by value; what cannot be compared is a sentence."""

import re

import pytest
from django.urls import reverse

from brains import activation
from brains.tests.operators import member, read
from brains.tests.records import ANN, preset, revisions

pytestmark = pytest.mark.django_db
HISTORY = reverse("admin:brains_activation_changelist")
COMPARE = reverse("admin:brains_activation_compare")


@pytest.fixture(autouse=True)
def _history(db, settings):
    settings.AURA_ENV_RUNG, settings.AURA_DOTENV_RUNG = {}, {}
    activation.activate(preset("Budget"), ANN)
    activation.activate(preset("Hybrid"), ANN)
    activation.activate(preset("Performance"), ANN)


def compared(client, a, b):
    return client.get(COMPARE, {"a": a, "b": b})


def rows_of(response):
    html = response.content.decode().replace("<wbr>", "")
    rows = re.findall(r'<tr class="aura-(\w+)">(.*?)</tr>', html, re.DOTALL)
    return [(kind, re.findall("<code>([^<]+)</code>", row)) for kind, row in rows]


def test_two_revisions_stand_side_by_side(admin_client):
    response = compared(admin_client, 1, 3)

    assert "Revision 1 and revision 3" in read(response)
    assert "3 values differ." in read(response)
    assert rows_of(response)[0] == (
        "changed",
        ["google/gemma-7b-it", "mistralai/mistral-7b-instruct"],
    )
    assert [kind for kind, _ in rows_of(response)] == ["changed"] * 3 + [
        "unchanged"
    ] * 2


def test_both_are_told_as_sentences(admin_client):
    text = read(compared(admin_client, 1, 2))
    assert "ann activated Budget: L1 google/gemma-7b-it" in text
    assert "ann activated Hybrid, replacing Budget: L1 google/gemma-7b-it →" in text
    assert "“cheaper”" in text


def test_they_may_be_named_in_any_order(admin_client):
    first = rows_of(compared(admin_client, 3, 1))[0]
    assert first[1] == ["mistralai/mistral-7b-instruct", "google/gemma-7b-it"]


def test_a_revision_and_itself_have_no_difference(admin_client):
    assert "No value differs." in read(compared(admin_client, 2, 2))


def test_one_difference_is_one(admin_client):
    edited = preset("Performance")
    edited.l1_model = "new/model"
    activation.save_preset(edited, ANN)
    assert "1 value differs." in read(compared(admin_client, 3, 4))


@pytest.mark.parametrize(
    ("a", "b", "sentence"),
    [
        ("", "", "Give the numbers of two revisions, such as 3 and 5."),
        ("1", "", "Give the numbers of two revisions, such as 3 and 5."),
        ("x", "1", "A revision is a whole number, such as 17."),
        ("1.5", "1", "A revision is a whole number, such as 17."),
        ("0", "1", "The first revision is number 1."),
        ("1", "99", "There is no revision 99."),
        ("98", "99", "There is no revision 98."),
        ("1", "9" * 30, "There is no revision of so high a number."),
        ("1", "9" * 6000, "A revision is a whole number, such as 17."),
        ("<script>z()</script>", "1", "A revision is a whole number, such as 17."),
    ],
)
def test_what_cannot_be_compared_is_a_sentence(admin_client, a, b, sentence):
    response = compared(admin_client, a, b)

    assert response.status_code == 200
    assert read(response).count(sentence) == 1
    assert rows_of(response) == []
    assert "<script>z()" not in response.content.decode()


def test_the_history_has_the_form(admin_client):
    html = admin_client.get(HISTORY).content.decode()
    assert f'action="{COMPARE}"' in html
    assert 'name="a"' in html and 'name="b"' in html


def test_the_page_offers_the_way_back(admin_client):
    html = compared(admin_client, 1, 3).content.decode()
    assert "/1/roll-back/" in html and "/3/roll-back/" not in html


def test_it_is_for_those_who_may_see_the_history():
    assert member("view_activation").get(COMPARE, {"a": 1, "b": 2}).status_code == 200
    viewer = member("view_modelpreset", name="other")
    assert viewer.get(COMPARE, {"a": 1, "b": 2}).status_code == 403


def test_it_is_only_read(admin_client):
    assert admin_client.post(COMPARE, {"a": 1, "b": 2}).status_code == 405
    assert len(revisions()) == 3
