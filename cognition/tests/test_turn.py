"""One turn: L1 reacts, L3 replies with what is remembered, and all of it is one selection."""

import threading

import pytest

from cognition.conversations.models import Conversation, Turn
from cognition.memory.models import Memory, MemoryVector
from cognition.reflection.models import Reflection
from cognition.tests.conftest import OTHER, done, serve
from cognition.turns.events import Delta, Instinct
from cognition.turns.turn import STOPPED
from providers.errors import ProviderRejected

pytestmark = pytest.mark.django_db

HELLO = "m/three says hello, m/three goes on, m/three goes on"


def test_a_message_is_answered_and_the_turn_is_kept(say):
    events = say("Hello there", person="client:ada")
    turn = done(events).turn
    assert turn == Turn.objects.get()
    assert (turn.number, turn.message, turn.reply) == (1, "Hello there", HELLO)
    assert "".join(e.text for e in events if isinstance(e, Delta)) == HELLO
    assert Conversation.objects.get().person == "client:ada"


def test_l1_reacts_before_the_first_word_of_the_reply(say):
    kinds = [type(event) for event in say("Hello")]
    assert kinds.index(Instinct) < kinds.index(Delta)


def test_the_last_instinct_has_all_of_the_reaction(say):
    instincts = [e for e in say("Hello") if isinstance(e, Instinct)]
    assert [e.is_done for e in instincts] == [False, False, False, True]
    assert instincts[-1].text == "m/one says hello, m/one goes on, m/one goes on"


def test_each_layer_says_what_it_took(say):
    turn = done(say("Hello")).turn
    models = {layer: stamp["model"] for layer, stamp in turn.stamps.items()}
    assert models == {"l1": "m/one", "l3": "m/three", "embedding": "m/vectors"}
    stamp = turn.stamps["l3"]
    assert (stamp["revision"], stamp["preset"], stamp["provider"]) == (
        7,
        "Test",
        "openrouter",
    )
    assert (stamp["input_tokens"], stamp["output_tokens"]) == (7, 3)
    assert 0 <= stamp["first_chunk_ms"] <= stamp["duration_ms"]


def test_every_call_of_a_turn_is_on_record(say, records):
    say("Hello")
    assert {call.layer for call in records} == {"l1", "l3", "embedding"}
    assert {call.revision for call in records} == {7}


def test_a_swap_in_the_middle_of_a_turn_does_not_mix_models(mind, say):
    mind.script("m/vectors", dimension=8, latency_s=0.05)
    mind.script("m/one", latency_s=0.02)
    swap = threading.Thread(target=lambda: (mind.wait_for(1), serve(8, OTHER)))
    swap.start()
    turn = done(say("Hello")).turn
    swap.join()
    assert {request.model for request in mind.requests} == {
        "m/one",
        "m/vectors",
        "m/three",
    }
    assert {stamp["revision"] for stamp in turn.stamps.values()} == {7}


def test_the_next_turn_knows_what_was_said(mind, say):
    first = done(say("I am Ada")).turn
    second = done(say("Who am I?", conversation=first.conversation_id)).turn
    assert second.number == 2
    asked = [r for r in mind.requests if r.model == "m/three"][-1]
    said = [(m["role"], m["content"]) for m in asked.body["messages"][1:]]
    assert said == [
        ("user", "I am Ada"),
        ("assistant", HELLO),
        ("user", "Who am I?"),
    ]


def test_the_message_is_remembered_with_its_vector(say):
    turn = done(say("I am Ada", person="client:ada")).turn
    memory = Memory.objects.get()
    assert (memory.person, memory.text, memory.turn) == ("client:ada", "I am Ada", turn)
    vector = MemoryVector.objects.get()
    assert (vector.model, vector.dimension, vector.revision) == ("m/vectors", 8, 7)


def test_a_memory_comes_back_in_another_conversation_of_the_same_person(mind, say):
    say("My cat is called Mia", person="client:ada")
    turn = done(say("What is my cat called?", person="client:ada")).turn
    assert [m["text"] for m in turn.recalled] == ["My cat is called Mia"]
    asked = [r for r in mind.requests if r.model == "m/three"][-1]
    assert "- My cat is called Mia" in asked.body["messages"][0]["content"]


def test_a_memory_never_comes_back_for_another_person(mind, say):
    say("My cat is called Mia", person="client:ada")
    for other in ("client:bob", "staff:1", None):
        assert done(say("My cat is called Mia", person=other)).turn.recalled == []
    told = [str(r.body) for r in mind.requests if r.model == "m/three"][1:]
    assert not any("said earlier" in text for text in told)


def test_nobody_by_name_is_remembered_within_the_conversation_alone(say):
    first = done(say("I like tea")).turn
    assert Memory.objects.get().person == f"conversation:{first.conversation_id}"
    assert done(say("I like tea")).turn.recalled == []


def test_without_embeddings_the_reply_comes_and_says_so(mind, say):
    mind.script("m/vectors", status=400)
    turn = done(say("Hello")).turn
    assert turn.reply == HELLO
    assert turn.notes == ["No memories: m/vectors did not answer."]
    assert Memory.objects.count() == 1
    assert MemoryVector.objects.count() == 0


def test_without_l1_the_reply_comes_and_says_so(mind, say):
    mind.script("m/one", status=400)
    turn = done(say("Hello")).turn
    assert (turn.reply, turn.instinct, turn.reaction) == (HELLO, "", "failed")
    assert turn.notes == ["L1 (m/one) did not answer."]


def test_without_l3_the_turn_fails_and_nothing_is_kept(mind, say):
    mind.script("m/three", status=400)
    with pytest.raises(ProviderRejected):
        say("Hello")
    assert Turn.objects.count() == Memory.objects.count() == 0


def test_a_reply_that_breaks_off_is_kept_as_far_as_it_came(mind, say):
    mind.script("m/three", drop_after=1)
    with pytest.raises(Exception, match="broke off|ended"):
        say("Hello")
    turn = Turn.objects.get()
    assert turn.reply == "m/three says hello"
    assert STOPPED in turn.notes


def test_what_is_not_to_be_kept_leaves_nothing(say):
    event = done(say("Hello", keeps=False))
    assert event.turn.reply == HELLO
    assert event.turn._state.adding
    assert not event.reflects
    assert Conversation.objects.count() == Turn.objects.count() == 0
    assert Memory.objects.count() == Reflection.objects.count() == 0


def test_the_versions_of_the_prompts_are_kept(say):
    prompts = done(say("Hello")).turn.prompts
    assert prompts.keys() == {"react", "reply"}
    assert all(version.startswith("1 (") for version in prompts.values())
