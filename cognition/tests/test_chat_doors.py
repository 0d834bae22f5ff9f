"""`/chat/message` and `/chat/stream`: who may, what is taken, what is answered."""

import json
from contextlib import aclosing
from typing import Any
from uuid import uuid4

import pytest
from asgiref.sync import async_to_sync
from django.db import OperationalError
from django.test import AsyncClient, Client

from cognition.conversations.models import Turn
from cognition.memory.models import Memory, MemoryVector
from cognition.reflection import job
from cognition.reflection.models import Reflection
from cognition.tests.test_reflection import INSIGHT, completion
from gateway.draining import DRAIN
from gateway.keys import RING, KeyInfo, digest_of
from gateway.limits.values import Limits

pytestmark = pytest.mark.django_db

MESSAGE, STREAM = "/chat/message", "/chat/stream"
HELLO = "m/three says hello, m/three goes on, m/three goes on"


@pytest.fixture
def send(client, mind, key):
    """Return a function that sends a body with the key."""

    def sent(path=MESSAGE, /, **body):
        return client.post(
            path,
            json.dumps(body),
            content_type="application/json",
            headers={"Authorization": f"Bearer {key}"},
        )

    return sent


@async_to_sync
async def streamed(key, until=None, **body):
    """Return the answer's status and headers, and its events up to `until`."""
    answer: Any = await AsyncClient().post(
        STREAM,
        json.dumps(body),
        content_type="application/json",
        headers={"Authorization": f"Bearer {key}"},
    )
    events: list[Any] = []
    if answer.streaming:
        async with aclosing(aiter(answer)) as parts:
            async for part in parts:
                text = part.decode().rstrip("\n")
                events += [event_of(one) for one in text.split("\n\n")]
                if events[-1][0] == until:
                    break
    return answer, events


def event_of(text):
    if text.startswith(":"):
        return ("ping", None)
    name, data = text.split("\n")
    return name.removeprefix("event: "), json.loads(data.removeprefix("data: "))


def test_a_message_is_answered_with_the_whole_turn(send):
    answer = send(message="Hello", user_id="ada")
    assert answer.status_code == 200
    turn = answer.json()
    assert (turn["reply"], turn["number"], turn["reaction"]) == (HELLO, 1, "given")
    assert (turn["revision"], turn["preset"]) == (7, "Test")
    assert turn["layers"].keys() == {"l1", "l3", "embedding"}
    assert Turn.objects.get().pk == turn["turn"]


def test_an_answer_says_which_revision_it_is_of(send):
    answer = send(message="Hello")
    assert answer["X-Aura-Revision"] == "7"
    assert answer["X-Aura-Preset"] == "Test"
    assert answer["X-Request-Id"].startswith("req_")


def test_a_conversation_goes_on_by_its_id(send):
    first = send(message="Hello", user_id="ada").json()
    again = {"conversation_id": first["conversation_id"], "user_id": "ada"}
    assert send(message="And?", **again).json()["number"] == 2


def test_a_conversation_of_another_user_is_not_there(send):
    first = send(message="Hello", user_id="ada").json()
    answer = send(message="?", conversation_id=first["conversation_id"], user_id="bob")
    assert answer.status_code == 404
    assert answer.json()["error"]["code"] == "conversation_not_found"
    assert send(message="?", conversation_id=str(uuid4())).status_code == 404


def test_no_client_can_be_a_member_of_the_staff(send):
    send(message="Hello", user_id="staff:1")
    assert Memory.objects.get().person == "client:staff:1"


def test_a_turn_can_be_thought_with_another_preset(send):
    turn = send(message="Hello", preset="other").json()
    assert turn["preset"] == "Other"
    assert turn["layers"]["l3"]["model"] == "o/three"


def test_another_preset_shares_the_memory_of_what_is_live(send):
    told = send(message="My cat is called Mia", user_id="ada", preset="other").json()
    assert told["layers"]["embedding"]["model"] == "m/vectors"
    asked = send(message="What is my cat called?", user_id="ada").json()
    assert [m["text"] for m in asked["memories"]] == ["My cat is called Mia"]


def test_a_preset_that_is_not_there_is_named(send):
    answer = send(message="Hello", preset="nope")
    assert answer.status_code == 404
    assert "other, test" in answer.json()["error"]["message"]


def test_nothing_is_kept_of_what_is_not_to_be(send):
    turn = send(message="Hello", keep=False).json()
    assert (turn["turn"], turn["conversation_id"]) == (None, None)
    assert Turn.objects.count() == 0


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({}, "message"),
        ({"message": "  "}, "message"),
        ({"message": 1}, "message"),
        ({"message": "x" * 100_001}, "message"),
        ({"message": "a\0b"}, "message"),
        ({"message": "a\ud800"}, None),
        ({"message": "a", "conversation_id": "12"}, "conversation_id"),
        ({"message": "a", "conversation_id": 12}, "conversation_id"),
        ({"message": "a", "user_id": 1}, "user_id"),
        ({"message": "a", "user_id": "u" * 201}, "user_id"),
        ({"message": "a", "keep": "no"}, "keep"),
        ({"message": "a", "model": "x"}, "model"),
        ({"message": "a", "api_base": "http://x"}, "api_base"),
    ],
)
def test_a_body_that_cannot_be_used_is_refused_by_name(send, mind, body, param):
    answer = send(**body)
    assert answer.status_code == 400
    error = answer.json()["error"]
    assert error["type"] == "invalid_request_error"
    assert param in (error["param"], None)
    assert mind.requests == []


def test_a_body_that_is_no_json_is_refused(client, mind, key):
    headers = {"Authorization": f"Bearer {key}"}

    def post(body, media):
        return client.post(MESSAGE, body, content_type=media, headers=headers)

    assert post("{", "application/json").status_code == 400
    assert post("[]", "application/json").status_code == 400
    assert post("{}", "text/plain").status_code == 415


def test_it_is_for_post_alone(client, mind):
    answer = client.get(MESSAGE)
    assert (answer.status_code, answer["Allow"]) == (405, "POST")


@pytest.mark.parametrize("path", [MESSAGE, STREAM])
@pytest.mark.parametrize("given", ["", "Bearer wrong", "Basic YTpi", "Bearer"])
def test_nobody_without_a_key_or_a_session_may(client, mind, path, given):
    headers = {"Authorization": given} if given else {}
    answer = client.post(
        path, '{"message": "a"}', content_type="application/json", headers=headers
    )
    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == "invalid_api_key"
    assert mind.requests == []


def test_staff_think_for_themselves_with_their_token(admin_user, mind):
    client = Client(enforce_csrf_checks=True)
    client.force_login(admin_user)
    token = "a" * 32

    def post(**headers):
        body = '{"message": "Hello", "user_id": "ada"}'
        return client.post(
            MESSAGE, body, content_type="application/json", headers=headers
        )

    assert post().status_code == 403
    client.cookies["csrftoken"] = token
    assert post(**{"X-CSRFToken": token}).status_code == 200
    assert Memory.objects.get().person == f"staff:{admin_user.pk}"
    assert Turn.objects.get().key_name == f"staff {admin_user.username}"


def test_who_is_signed_in_and_no_staff_may_not(django_user_model, client, mind):
    client.force_login(django_user_model.objects.create_user("eve"))
    answer = client.post(MESSAGE, '{"message": "a"}', content_type="application/json")
    assert answer.status_code == 401


def test_a_provider_that_fails_is_told_as_openai_does(send, mind):
    mind.script("m/three", status=500)
    answer = send(message="Hello")
    assert answer.status_code == 502
    assert answer.json()["error"].keys() == {"message", "type", "param", "code"}


def test_a_database_that_is_away_is_said(send, monkeypatch):
    def fail(*_):
        raise OperationalError("no connection to secret-host")

    monkeypatch.setattr("cognition.turns.turn.open_conversation", fail)
    answer = send(message="Hello")
    assert answer.status_code == 503
    assert answer.json()["error"]["code"] == "database_away"
    assert b"secret-host" not in answer.content


def limit(key, **limits):
    RING.replace({digest_of(key): KeyInfo(9, "tests", None, Limits(**limits))})


def test_a_key_at_its_limit_is_refused(send, key):
    limit(key, requests_per_minute=1)
    assert send(message="a")["x-ratelimit-remaining-requests"] == "0"
    assert send(message="a").status_code == 429


def test_a_key_that_may_not_ask_l3_may_not_converse(send, key):
    limit(key, layers=frozenset({"l1"}))
    assert send(message="a").status_code == 403


def test_a_key_for_l3_alone_asks_no_other_layer(send, key, mind):
    limit(key, layers=frozenset({"l3"}))
    turn = send(message="a").json()
    assert {request.model for request in mind.requests} == {"m/three"}
    assert (turn["reply"], turn["instinct"], turn["memories"]) == (HELLO, "", [])
    assert set(turn["notes"]) == {
        "No memories: this key is not for embedding.",
        "No reaction: this key is not for l1.",
    }
    assert Reflection.objects.count() == 0
    assert MemoryVector.objects.count() == 0


def test_the_id_of_an_answer_is_that_of_l3s_call(send, records):
    answer = send(message="Hello")
    [call] = [call for call in records if call.layer == "l3"]
    assert answer["X-Request-Id"] == call.id
    assert answer.json()["layers"]["l3"]["call"] == call.id


def test_a_stream_has_instinct_deltas_and_the_turn(mind, key):
    answer, events = streamed(key, until="done", message="Hello")
    assert answer["Content-Type"] == "text/event-stream"
    assert answer["X-Aura-Revision"] == "7"
    names = [name for name, _ in events]
    assert names.index("instinct") < names.index("delta") < names.index("done")
    assert "".join(data["text"] for name, data in events if name == "delta") == HELLO
    assert events[-1][1]["reply"] == HELLO


def test_what_l2_makes_of_it_follows(mind, key, monkeypatch):
    mind.script("m/two", body=completion(json.dumps(INSIGHT)))
    monkeypatch.setattr("cognition.doors.events.LOOK_EVERY_S", 0.01)
    monkeypatch.setattr("cognition.doors.events._over", reflect_now)
    _, events = streamed(key, message="Hello")
    name, reasoning = events[-1]
    assert (name, reasoning["state"]) == ("reasoning", "done")
    assert reasoning["advice"] == "Ask about the cat."
    assert reasoning["layer"]["model"] == "m/two"


def reflect_now(turn):
    """Do as the worker does, and return what there is."""
    reflection = Reflection.objects.get(turn=turn)
    job.run(reflection.pk)
    return Reflection.objects.get(turn=turn)


def test_a_process_that_is_to_end_does_not_wait_for_l2(mind, key, monkeypatch):
    monkeypatch.setattr(DRAIN, "is_on", True)
    _, events = streamed(key, message="Hello")
    assert events[-1][0] == "done"


def test_an_early_failure_of_a_stream_has_its_own_status(mind, key):
    mind.script("m/one", status=400)
    mind.script("m/three", status=400)
    answer, events = streamed(key, message="Hello")
    assert (answer.status_code, events) == (400, [])


def test_a_stream_that_breaks_off_says_so(mind, key):
    mind.script("m/three", drop_after=1)
    _, events = streamed(key, message="Hello")
    name, data = events[-1]
    assert name == "error"
    assert data["error"]["code"].startswith("upstream_")
    assert Turn.objects.get().reply == "m/three says hello"


def test_a_client_that_leaves_ends_the_calls_and_keeps_what_was_said(mind, key):
    mind.script("m/three", hold_after=1)
    streamed(key, until="delta", message="Hello")
    assert Turn.objects.get().reply == "m/three says hello"
    assert mind.open_streams == 0 or mind.aborted


def test_no_key_of_a_provider_is_in_any_answer(send, mind):
    mind.script("m/three", status=401, body={"error": {"message": "bad sk-provider"}})
    assert b"sk-provider" not in send(message="Hello").content
