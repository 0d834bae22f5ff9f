"""The playground's page: who may enter, what stands on it, what can be read and deleted."""

import json
import re
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from brains import live
from brains.tests.operators import member
from cognition.conversations.models import Conversation, Turn
from cognition.memory.models import Memory
from cognition.reflection.models import Reflection
from cognition.tests.conftest import MODELS, OTHER, done, preset, serve
from cognition.tests.test_chat_doors import streamed as _streamed
from providers.registry import Registry
from providers.shipped import offline, openrouter

pytestmark = pytest.mark.django_db

PAGE = "/playground/"
ABILITY = ("is_able", "mark", "mend")
NASTY = "</script><script>alert(1)</script><img src=x onerror=alert(2)>{{ 7|add:7 }}"


@pytest.fixture
def player(mind):
    """The browser of somebody who may use the playground."""
    return member("use_playground", name="ada")


@pytest.fixture
def says(say):
    """Return a function that says something as `ada` and returns the turn."""

    def said(message, **asked):
        user = User.objects.get(username="ada")
        return done(say(message, person=f"staff:{user.pk}", **asked)).turn

    return said


def streamed(key, **body):
    return _streamed(key, until="done", **body)


def data_of(response):
    """Return what the page's script is given."""
    html = response.content.decode()
    [text] = re.findall(
        r'<script id="data" type="application/json">(.*?)</script>', html
    )
    return json.loads(text)


def test_the_page_offers_what_is_live_and_each_preset(player):
    answer = player.get(PAGE)
    assert answer.status_code == 200
    offered = data_of(answer)["offered"]
    assert offered["live"] == {
        "preset": "Test",
        "revision": 7,
        "models": {
            "l1": "m/one",
            "l2": "m/two",
            "l3": "m/three",
        },
        "is_able": True,
        "mark": "",
        "mend": "",
    }
    assert offered["canary"] is None
    assert {slug: c["preset"] for slug, c in offered["presets"].items()} == {
        "test": "Test",
        "other": "Other",
    }
    assert player.get(f"{PAGE}presets").json() == offered


def with_canary(percent):
    """Let Other, with models of its own, be tried on this share of the calls."""
    test, other = preset("Test", MODELS), preset("Other", OTHER)
    canary = {
        **{"preset": other, "percent": percent, "salt": "s"},
        **{"since": "2026-11-26T12:00:00+00:00", "by": "ann"},
    }
    payload = {"revision": 7, "preset": test, "presets": [test, other]}
    live.install({**payload, "canary": canary}, "database")


@pytest.mark.parametrize(("percent", "is_yours"), [("100", True), ("0.5", False)])
def test_a_canary_is_offered_with_its_share_and_whose_turns_it_thinks(
    player, percent, is_yours
):
    with_canary(percent)

    offered = player.get(f"{PAGE}presets").json()

    assert offered["live"]["preset"] == "Test"
    canary = offered["canary"]
    assert (canary["preset"], canary["share"]) == ("Other", f"{percent} %")
    assert (canary["is_yours"], canary["models"]["l3"]) == (is_yours, "o/three")


def test_a_turn_says_that_a_canary_thought_it(player, key):
    with_canary("100")

    _, told = streamed(key, message="Hello", user_id="ada")

    events = dict(told)

    layers = events["done"]["layers"]
    assert events["done"]["preset"] == "Other"
    assert {stamp["canary"] for stamp in layers.values()} == {"candidate"}


def providers(settings, *servers):
    settings.AURA_PROVIDERS = Registry({server.name: server for server in servers})


def test_a_preset_that_cannot_answer_is_marked_with_the_mend(player, settings):
    serve(8, {**MODELS, "l3_model": "offline/three"})
    providers(settings, openrouter("", ""), offline("http://a/v1", "http://b/v1"))
    offered = player.get(f"{PAGE}presets").json()
    mend = "No key for OpenRouter: set OPENROUTER_API_KEY and restart."
    assert [offered["presets"]["other"][name] for name in ABILITY] == [
        False,
        "no key for OpenRouter",
        mend,
    ]
    assert [offered["live"][name] for name in ABILITY] == [
        True,
        "without L1 and L2: no key for OpenRouter",
        mend,
    ]
    assert mend in player.get(f"{PAGE}?preset=other").content.decode()
    assert "It cannot answer" not in player.get(f"{PAGE}?preset=test").content.decode()


def test_a_provider_that_cannot_be_called_is_marked_too(player, settings):
    providers(settings, openrouter("nowhere", "a-key"))
    live = player.get(f"{PAGE}presets").json()["live"]
    assert (live["is_able"], live["mark"]) == (False, "no way to OpenRouter")
    assert live["mend"].startswith("OPENROUTER_BASE_URL must be")


def test_a_preset_whose_fallback_can_answer_is_not_marked(player, settings):
    serve(8, {**MODELS, "l3_fallback": "offline/three"})
    providers(settings, openrouter("", ""), offline("http://a/v1", "http://b/v1"))
    assert player.get(f"{PAGE}presets").json()["live"]["is_able"]


def test_an_empty_page_says_what_to_do_and_that_it_needs_scripts(player):
    html = player.get(PAGE).content.decode()
    assert "Say something" in html
    assert "<noscript>" in html
    assert data_of(player.get(PAGE))["turns"] == []


def test_nothing_on_the_page_needs_more_than_the_policy_allows(player):
    answer = player.get(PAGE)
    html = answer.content.decode()
    assert not re.search(
        r"<style|\sstyle=|\son\w+=|<script(?![^>]* (src|type=.app))", html
    )
    assert "default-src 'self'" in answer["Content-Security-Policy"]
    assert answer["Cache-Control"] == "no-store"


def test_a_preset_in_the_address_is_chosen(player):
    html = player.get(f"{PAGE}?preset=other").content.decode()
    assert 'data-pinned="other"' in html
    assert "Here <b>Other</b> thinks. Nothing is activated." in html


def test_a_preset_that_is_not_there_is_said(player):
    html = player.get(f"{PAGE}?preset=<b>nope").content.decode()
    assert "There is no preset &lt;b&gt;nope." in html
    assert 'data-pinned=""' in html


def test_an_earlier_conversation_is_listed_and_goes_on(player, says):
    first = says("Hello " + "there " * 30)
    says("And?", conversation=first.conversation_id)
    other = says("Something else")
    html = player.get(PAGE).content.decode()
    assert html.index("Something else") < html.index("Hello there")
    assert "2 turns" in html
    answer = player.get(f"{PAGE}?conversation={first.conversation_id}")
    data = data_of(answer)
    assert data["conversation"] == str(first.conversation_id)
    assert [turn["number"] for turn in data["turns"]] == [1, 2]
    assert data["turns"][1]["message"] == "And?"
    assert data["turns"][0]["layers"]["l3"]["model"] == "m/three"
    assert data["turns"][0]["reflection"]["state"] == "waiting"
    assert str(other.conversation_id) != data["conversation"]


def test_the_conversation_that_went_on_last_is_listed_first(player, says):
    first = says("The older one").conversation_id
    says("The newer one")
    html = player.get(f"{PAGE}earlier").content.decode()
    assert html.index("The newer one") < html.index("The older one")
    says("Again", conversation=first)
    fragment = player.get(f"{PAGE}earlier?conversation={first}").content.decode()
    assert fragment.index("The older one") < fragment.index("The newer one")
    assert "2 turns" in fragment
    assert f'conversation={first}" aria-current="page"' in fragment
    assert "<html" not in fragment


def test_a_kept_reflection_stands_beside_its_turn(player, says):
    turn = says("Hello")
    Reflection.objects.filter(turn=turn).update(state="done", advice="Be kind.")
    data = data_of(player.get(f"{PAGE}?conversation={turn.conversation_id}"))
    assert data["turns"][0]["reflection"]["advice"] == "Be kind."


def test_what_was_said_stays_text(player, says):
    turn = says(NASTY)
    Turn.objects.filter(pk=turn.pk).update(reply=NASTY)
    answer = player.get(f"{PAGE}?conversation={turn.conversation_id}")
    html = answer.content.decode()
    assert "<script>alert" not in html
    assert "<img" not in html
    assert data_of(answer)["turns"][0]["reply"] == NASTY


def test_turns_after_one_can_be_asked_for(player, says):
    first = says("Hello")
    says("And?", conversation=first.conversation_id)
    url = f"{PAGE}conversations/{first.conversation_id}"
    numbers = [turn["number"] for turn in player.get(f"{url}?after=1").json()["turns"]]
    assert numbers == [2]
    assert len(player.get(f"{url}?after=x").json()["turns"]) == 2
    assert player.get(f"{PAGE}conversations/{uuid4()}").json() == {"turns": []}


def test_a_conversation_of_another_is_not_there(player, says, say):
    mine = says("Hello").conversation_id
    theirs = done(say("Secret", person="staff:0")).turn.conversation_id
    for path in (PAGE, f"{PAGE}earlier"):
        assert "Secret" not in player.get(path).content.decode()
    for path in (f"{PAGE}?conversation={theirs}", f"{PAGE}conversations/{theirs}.md"):
        assert player.get(path).status_code == 404
        assert player.get(path.replace(str(theirs), str(mine))).status_code == 200
    assert player.get(f"{PAGE}conversations/{theirs}").json() == {"turns": []}
    assert player.post(f"{PAGE}conversations/{theirs}/delete").status_code == 404
    assert Conversation.objects.count() == 2


@pytest.mark.parametrize(
    "wanted", ["nope", "0", "5f0c7d4e-0000-4000-8000-000000000000", "%00"]
)
def test_a_conversation_that_is_not_there_is_said(player, wanted):
    assert player.get(f"{PAGE}?conversation={wanted}").status_code == 404


def test_deleting_a_conversation_deletes_its_memories(player, says):
    turn = says("I am Ada")
    says("Something else")
    url = reverse("playground_delete", args=[turn.conversation_id])
    assert player.get(url).status_code == 405
    assert player.post(url)["Location"] == PAGE
    assert [memory.text for memory in Memory.objects.all()] == ["Something else"]
    assert Turn.objects.count() == Reflection.objects.count() == 1


def test_deleting_needs_the_token(player, says):
    turn = says("I am Ada")
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(User.objects.get(username="ada"))
    url = reverse("playground_delete", args=[turn.conversation_id])
    assert strict.post(url).status_code == 403
    assert Turn.objects.count() == 1


def test_those_who_may_not_are_told_or_sent_to_sign_in(mind):
    paths = (
        PAGE,
        f"{PAGE}presets",
        f"{PAGE}earlier",
        f"{PAGE}conversations/{uuid4()}.md",
    )
    for path in paths:
        assert (
            Client().get(path)["Location"].startswith("/admin/login/?next=/playground/")
        )
    viewer = member("view_modelpreset", name="viewer")
    assert [viewer.get(path).status_code for path in paths] == [403] * 4


def test_staff_without_the_permission_cannot_spend_by_the_door_itself(mind):
    body, kind = json.dumps({"message": "Hello"}), "application/json"
    viewer, player = member("view_modelpreset"), member("use_playground", name="ada")
    refused = viewer.post("/chat/message", body, content_type=kind)
    assert refused.status_code == 403
    assert refused.json()["error"]["code"] == "permission_denied"
    assert player.post("/chat/message", body, content_type=kind).status_code == 200


def test_a_stream_says_at_its_head_which_conversation_it_is_of(mind, key):
    answer, events = streamed(key, message="Hello")
    assert answer["X-Aura-Conversation"] == events[-1][1]["conversation_id"]
    again = {"conversation_id": answer["X-Aura-Conversation"]}
    assert streamed(key, message="And?", **again)[1][-1][1]["number"] == 2
    assert "X-Aura-Conversation" not in streamed(key, message="x", keep=False)[0]


def test_pages_lead_to_the_playground_those_who_may(mind):
    player = member("use_playground", "change_modelpreset", name="ada")
    viewer = member("change_modelpreset", name="viewer")
    preset = reverse("admin:brains_modelpreset_change", args=[1])
    for path, link in (
        ("/", 'href="/playground/"'),
        ("/admin/", 'href="/playground/"'),
        (preset, 'href="/playground/?preset='),
    ):
        assert link in player.get(path).content.decode()
        assert link not in viewer.get(path).content.decode()
