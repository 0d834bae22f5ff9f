"""Votes: which of two replies somebody preferred, kept once each, counted by preset."""

import json
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from brains.models import ModelPreset
from brains.preferred import Tally
from brains.tests.operators import member, read
from cognition.playground import tally
from cognition.playground.models import Preference

pytestmark = pytest.mark.django_db

URL = "/playground/preferences"


@pytest.fixture
def player():
    return member("use_playground", "change_modelpreset", name="ada")


def side(preset, **changes):
    served = {"l1": "m/one", "l3": f"m/{preset or 'none'}".lower()}
    return {"preset": preset, "revision": 3, "models": served, **changes}


def vote(client, choice, left="Budget", right="Performance", **changes):
    return send(
        client, {"choice": choice, "left": side(left), "right": side(right)} | changes
    )


def send(client, vote):
    body = {"comparison": str(uuid4()), **vote}
    return client.post(URL, json.dumps(body), content_type="application/json")


def pk_of(name):
    return ModelPreset.objects.get(name=name).pk


def test_a_vote_is_kept_with_what_served_both_sides(player):
    assert vote(player, "left").status_code == 200
    kept = Preference.objects.get()
    assert (str(kept.left), str(kept.right)) == ("Budget", "Performance")
    assert (kept.left_name, kept.right_name, kept.choice) == (
        "Budget",
        "Performance",
        "left",
    )
    assert kept.left_models == {"l1": "m/one", "l3": "m/budget"}
    assert (kept.left_revision, kept.right_revision) == (3, 3)
    assert (kept.by, kept.by_name) == (User.objects.get(username="ada"), "ada")


def test_a_second_vote_on_the_same_comparison_takes_the_place_of_the_first(player):
    comparison = str(uuid4())
    vote(player, "left", comparison=comparison)
    vote(player, "neither", comparison=comparison)
    assert [kept.choice for kept in Preference.objects.all()] == ["neither"]
    other = member("use_playground", name="bob")
    vote(other, "right", comparison=comparison)
    assert Preference.objects.count() == 2


def test_the_answer_counts_each_pair_whichever_side_each_was_on(player):
    vote(player, "left")
    vote(player, "right", left="Performance", right="Budget")
    vote(player, "neither")
    answer = vote(player, "right", left="Budget", right=None)
    assert answer.json()["tally"] == [
        {
            "one": "Budget",
            "two": "Performance",
            "for_one": 2,
            "for_two": 0,
            "neither": 1,
        },
        {
            "one": "Budget",
            "two": "no preset",
            "for_one": 0,
            "for_two": 1,
            "neither": 0,
        },
    ]


def test_a_preset_is_counted_against_each_other(player):
    vote(player, "left")
    vote(player, "left", left="Performance", right="Budget")
    vote(player, "neither")
    vote(player, "right", left="Budget", right=None)
    assert tally.of_preset(pk_of("Budget")) == [
        Tally("Performance", this=1, other=1, neither=1),
        Tally("no preset", this=0, other=1, neither=0),
    ]
    assert tally.of_preset(pk_of("Performance")) == [Tally("Budget", 1, 1, 1)]
    assert tally.of_preset(pk_of("Hybrid")) == []


def test_the_tally_stands_on_the_page_of_the_preset(player):
    vote(player, "left")
    url = reverse("admin:brains_modelpreset_change", args=[pk_of("Budget")])
    assert "preferred to Performance in 1 of 1 comparisons" in read(player.get(url))
    url = reverse("admin:brains_modelpreset_change", args=[pk_of("Hybrid")])
    assert "side by side" not in read(player.get(url))
    for missing in ("0", "9" * 40, "nope"):
        url = reverse("admin:brains_modelpreset_change", args=[missing])
        assert player.get(url).status_code == 302


def test_the_tally_stands_in_the_playground(player):
    assert "Nobody has compared" in read(player.get("/playground/"))
    vote(player, "left")
    assert "Budget 1 · Performance 0 · neither 0" in read(player.get("/playground/"))


def test_a_preset_keeps_its_votes_when_it_is_renamed_or_deleted(player):
    vote(player, "left")
    ModelPreset.objects.filter(name="Performance").update(name="Fast")
    assert tally.of_preset(pk_of("Budget"))[0].against == "Fast"
    ModelPreset.objects.get(name="Fast").delete()
    assert tally.of_preset(pk_of("Budget")) == [Tally("Performance", 1, 0, 0)]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"choice": "both"}, "`choice`"),
        ({"choice": None}, "`choice`"),
        ({"choice": ["left"]}, "`choice`"),
        ({"comparison": "x"}, "`comparison`"),
        ({"comparison": 7}, "`comparison`"),
        ({"left": None}, "`left`"),
        ({"left": side("Nope")}, "`left.preset`"),
        ({"left": side(7)}, "`left.preset`"),
        ({"left": side("Budget", revision=-1)}, "`left.revision`"),
        ({"left": side("Budget", revision=2**40)}, "`left.revision`"),
        ({"left": side("Budget", revision=True)}, "`left.revision`"),
        ({"right": side(None, models={"l9": "m/x"})}, "`right.models`"),
        ({"right": side(None, models={"l1": "<script>"})}, "`right.models`"),
        ({"right": side(None, models=["l1"])}, "`right.models`"),
        ({"right": side("Budget")}, "same preset"),
    ],
)
def test_a_vote_that_cannot_be_is_refused(player, changes, said):
    right = {"choice": "left", "left": side("Budget"), "right": side(None)}
    answer = send(player, right | changes)
    assert answer.status_code == 400
    assert said in answer.json()["error"]["message"]
    assert Preference.objects.count() == 0


def test_a_vote_needs_the_permission_and_the_token(player):
    assert vote(Client(), "left").status_code == 302
    assert vote(member("view_modelpreset"), "left").status_code == 403
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(User.objects.get(username="ada"))
    assert vote(strict, "left").status_code == 403
    assert player.get(URL).status_code == 405
    assert Preference.objects.count() == 0


def test_a_body_that_is_no_json_is_refused(player):
    answer = player.post(URL, b"[", content_type="application/json")
    assert answer.status_code == 400
