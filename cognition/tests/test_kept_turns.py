"""L3's call of a turn is kept as clients' chats are, only where the setting says so, and never
longer than its turn."""

from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.urls import reverse

from brains import live
from brains.tests.operators import member
from cognition.conversations import exchanges
from cognition.conversations.models import Turn
from cognition.personal_data import holdings
from cognition.personal_data.forgetting import forget
from cognition.rehearsal.choosing import choose
from cognition.tests.conftest import done
from gateway.kept.keeper import KEEPER
from gateway.kept.models import KeptExchange
from gateway.kept.sealing import seal_if_any
from gateway.kept.texts import unpack
from gateway.tests.kept import kept

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _keeping(mind, monkeypatch, settings, tmp_path):
    settings.AURA_DATA_DIR, settings.AURA_KEEP_PROMPTS = tmp_path, True
    monkeypatch.setattr(KEEPER, "is_on", True)


def said(say, message="I am Ada", person="client:ada", **more):
    return done(say(message, person=person, **more)).turn


def test_a_turn_is_kept_as_l3_was_asked(say):
    said(say, "I have a cat")
    turn = said(say, "What have I?")
    row = KeptExchange.objects.latest("id")
    assert row.call_id == turn.stamps["l3"]["call"]
    assert (row.layer, row.model, row.is_streamed) == ("l3", "m/three", True)
    assert (row.preset, row.revision, row.is_cut) == ("Test", 7, False)
    texts = unpack(seal_if_any(), row.sealed, row.call_id)
    system, *rest = texts.asked["messages"]
    assert system["role"] == "system" and "I have a cat" in system["content"]
    assert rest == [{"role": "user", "content": "What have I?"}]
    assert texts.asked["max_tokens"] and texts.reply == turn.reply != ""


def test_it_can_be_rehearsed(say):
    said(say)
    [chosen] = choose(live.current().selection, 20, "l3")
    assert chosen.exchange == KeptExchange.objects.get()


def test_by_default_nothing_is_kept(say, monkeypatch):
    monkeypatch.setattr(KEEPER, "is_on", False)
    assert said(say).pk and not KeptExchange.objects.exists()


def test_what_is_not_to_be_kept_is_not_kept_here_either(say):
    said(say, keeps=False)
    assert not KeptExchange.objects.exists()


def test_a_reply_that_broke_off_is_not_kept(say, upstream):
    upstream.script("m/three", status=500)
    with pytest.raises(Exception, match="m/three|answered|failed"):
        said(say)
    assert not KeptExchange.objects.exists()


def test_a_turn_is_kept_although_there_can_be_no_key(say, monkeypatch):
    def no_seal():
        raise OSError("read-only")

    monkeypatch.setattr(exchanges, "seal", no_seal)
    assert said(say).pk and Turn.objects.exists()
    assert not KeptExchange.objects.exists()


def test_who_is_forgotten_has_no_exchange_left_and_others_have_theirs(say):
    said(say), said(say)
    said(say, person="client:eve")
    of_a_client = kept()
    assert holdings.count("client:ada")["kept exchanges"] == 2
    assert forget("client:ada")["kept exchanges"] == 2
    left = set(KeptExchange.objects.values_list("call_id", flat=True))
    [turn] = Turn.objects.all()
    assert left == {turn.stamps["l3"]["call"], of_a_client.call_id}


def test_a_conversation_that_is_deleted_takes_its_exchanges_along(say):
    player = member("use_playground", name="ada")
    person = f"staff:{User.objects.get(username='ada').pk}"
    turn = said(say, person=person)
    said(say, person=person, begins=uuid4())
    player.post(reverse("playground_delete", args=[turn.conversation_id]))
    [row] = KeptExchange.objects.all()
    assert row.call_id == Turn.objects.get().stamps["l3"]["call"]


def test_the_playground_says_that_exchanges_are_kept(settings):
    player = member("use_playground", name="ada")
    page = reverse("playground")
    assert "Exchanges are kept for 7 days" in player.get(page).content.decode()
    settings.AURA_KEEP_PROMPTS = False
    assert "Exchanges are kept" not in player.get(page).content.decode()
