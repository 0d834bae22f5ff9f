"""While a canary runs each request is on one side, from its edge to its last byte, and says
so: in its stamps, on record and in the log."""

import logging
from datetime import datetime
from decimal import Decimal

import pytest

from brains import live
from brains.canary.split import Split
from brains.selection import Ladder, Snapshot, resolve
from gateway.keys import KeyInfo
from gateway.plans import REMEMBERED
from gateway.tests.conftest import BUDGET, CHAT, DEFAULT, PATH, SINCE, payload

EMBED = {"model": "aura/embedding", "input": "Hello"}
SALT = "0123456789abcdef"
NEXT = {
    "l1_model": "next/one",
    "l2_model": "next/two",
    "l3_model": "next/three",
    "embedding_dimension": "8",
}
LIVE = {"l3_model": "live/three", "embedding_dimension": "8"}


@pytest.fixture
def canary(alive):
    """Return a function that makes Live live at revision 7, with Next as a canary; called
    with a percentage of None it ends the canary."""

    def run(percent="50", live_values=LIVE, **changes):
        control = {"name": "Live", "slug": "live", "values": live_values}
        values = {k: v for k, v in (NEXT | changes).items() if v}
        candidate = {"name": "Next", "slug": "next", "values": values}
        head = {"percent": percent, "salt": SALT, "since": SINCE, "by": "ann"}
        tried = {"preset": candidate, **head} if percent else None
        full = payload(control) | {"canary": tried}
        return live.install(full, "database")

    return run


def users(side, percent="50", count=1):
    """Return users who are on this side."""
    split = Split(
        candidate=resolve(Snapshot("", "", {}), Ladder()),
        percent=Decimal(percent),
        salt=SALT,
        since=datetime.fromisoformat(SINCE),
        by="",
        splits_vectors=True,
    )
    found = (f"u{n}" for n in range(10_000))
    wanted = side == "candidate"
    return [u for u in found if split.takes(f"user {u}") is wanted][:count]


def asking(side, **body):
    return CHAT | {"user": users(side)[0]} | body


def stamp(answer, name):
    return answer.headers.get(f"x-aura-{name}")


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    ("side", "preset", "model"),
    [("candidate", "Next", "next/three"), ("control", "Live", "live/three")],
)
async def test_each_side_is_served_by_its_preset_and_says_so(
    client, canary, records, upstream, stream, side, preset, model
):
    canary()
    answer = await client.post(PATH, asking(side, stream=stream))
    assert answer.status == 200
    assert stamp(answer, "canary") == side
    assert stamp(answer, "preset") == preset
    assert stamp(answer, "model") == model
    assert stamp(answer, "source") == "preset"
    assert stamp(answer, "revision") == "7"
    assert [request.model for request in upstream.requests] == [model]
    [record] = records
    assert (record.canary, record.preset, record.revision) == (side, preset, 7)


async def test_a_user_stays_on_one_side_on_every_layer(client, canary):
    canary()
    for side, preset in (("candidate", "Next"), ("control", "Live")):
        for user in users(side, count=5):
            for layer in ("l1", "aura/l2", "aura-l3", "gpt-4o"):
                body = CHAT | {"user": user, "model": layer}
                answer = await client.post(PATH, body)
                assert (stamp(answer, "canary"), stamp(answer, "preset")) == (
                    side,
                    preset,
                )


async def test_without_a_user_the_key_decides(client, canary):
    split = canary().canary
    side = "candidate" if split.takes("key 1") else "control"
    bodies = [CHAT, CHAT | {"user": ""}, CHAT | {"user": None}, CHAT | {"user": 7}]
    for body in bodies:
        assert stamp(await client.post(PATH, body), "canary") == side


async def test_two_keys_may_be_on_two_sides(canary):
    split = canary().canary
    keys = [KeyInfo(number, "", None) for number in range(100)]
    assert {split.takes(f"key {key.id}") for key in keys} == {True, False}


async def test_while_no_canary_runs_there_is_no_stamp(client, canary, records):
    canary(None)
    answer = await client.post(PATH, CHAT | {"user": "u1"})
    assert stamp(answer, "canary") is None
    assert records[0].canary == ""


async def test_a_preset_asked_for_by_name_takes_no_part(client, canary, records):
    canary("100")
    answer = await client.post(PATH, CHAT | {"model": "aura/l3@budget"})
    assert (stamp(answer, "canary"), stamp(answer, "preset")) == (None, "Budget")
    assert records[0].canary == ""


async def test_an_alias_to_a_preset_takes_no_part(client, canary):
    canary("100")
    answer = await client.post(PATH, CHAT | {"model": "cheap"})
    assert (stamp(answer, "canary"), stamp(answer, "preset")) == (None, "Budget")


@pytest.mark.parametrize(
    "changes", [{"embedding_model": "next/vectors"}, {"embedding_dimension": "4"}]
)
async def test_vectors_of_two_models_or_lengths_are_not_mixed(
    client, canary, records, upstream, changes
):
    canary("100", **changes)
    upstream.script(dimension=8)
    answer = await client.post("/v1/embeddings", EMBED)
    assert answer.status == 200
    assert (stamp(answer, "canary"), stamp(answer, "preset")) == (None, "Live")
    assert len(answer.json()["data"][0]["embedding"]) == 8
    assert records[0].canary == ""


async def test_embeddings_of_one_model_take_part(client, canary, upstream):
    canary("100")
    upstream.script(dimension=8)
    answer = await client.post("/v1/embeddings", EMBED)
    assert answer.status == 200
    assert (stamp(answer, "canary"), stamp(answer, "preset")) == ("candidate", "Next")


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("side", ["candidate", "control"])
async def test_fallbacks_are_those_of_the_same_side(
    client, canary, upstream, records, side, stream
):
    own = {"candidate": "next", "control": "live"}[side]
    control = LIVE | {"l3_fallback": "live/four,live/five"}
    canary(live_values=control, l3_fallback="next/four,next/five")
    for model in ("three", "four"):
        upstream.script(f"{own}/{model}", status=500)
    answer = await client.post(PATH, asking(side, stream=stream))
    asked = [request.model for request in upstream.requests]
    assert asked == [f"{own}/three", f"{own}/four", f"{own}/five"]
    assert stamp(answer, "model") == f"{own}/five"
    assert (stamp(answer, "canary"), records[0].canary) == (side, side)


@pytest.mark.parametrize("side", ["candidate", "control"])
async def test_a_failure_is_on_record_for_its_side(
    client, canary, upstream, records, side
):
    canary()
    upstream.script(status=400)
    answer = await client.post(PATH, asking(side))
    assert (answer.status, stamp(answer, "canary")) == (400, side)
    assert (records[0].canary, bool(records[0].error)) == (side, True)


@pytest.mark.parametrize("how", ["promoted", "aborted", "another share"])
@pytest.mark.parametrize("side", ["candidate", "control"])
async def test_a_stream_keeps_its_side_to_the_last_byte(
    client, canary, upstream, records, side, how
):
    canary()
    upstream.script(hold_after=1, chunk_count=3)
    exchange = client.open_post(PATH, asking(side, stream=True))
    await exchange.messages_are(3)
    if how == "promoted":
        promoted = {"name": "Next", "slug": "next", "values": NEXT}
        live.install(payload(promoted, revision=8), "database")
    else:
        canary(None if how == "aborted" else "0.5")
    upstream.release()
    answer = await exchange.answer()
    model = {"candidate": "next/three", "control": "live/three"}[side]
    text = "".join(
        choice["delta"].get("content") or ""
        for chunk in answer.chunks
        for choice in chunk["choices"]
    )
    assert text == f"{model} says hello, {model} goes on, {model} goes on"
    assert answer.events[-1] == "[DONE]"
    assert (stamp(answer, "canary"), stamp(answer, "revision")) == (side, "7")
    assert (records[0].canary, records[0].model) == (side, model)


async def test_after_an_abort_everybody_is_served_by_what_is_live(client, canary):
    body = None
    for percent in ("100", None):
        canary(percent)
        body = CHAT | {"user": "u1"}
        answer = await client.post(PATH, body)
        expected = "Next" if percent else "Live"
        assert stamp(answer, "preset") == expected


async def test_names_beyond_what_is_kept_are_still_on_their_side(
    client, canary, gateway
):
    now = canary("100")
    plans = gateway._around.plans
    for number in range(REMEMBERED + 10):
        plans._candidates[f"kept-{number}"] = None
    plan = plans.find("aura/l3", now, True)
    assert plan.target.selection is now.canary.candidate


async def test_both_sides_are_planned_once(canary, gateway):
    now = canary()
    plans = gateway._around.plans
    for is_candidate in (False, True):
        one = plans.find("aura/l3", now, is_candidate)
        assert plans.find("aura/l3", now, is_candidate) is one
        assert one.target.selection.preset == ("Next" if is_candidate else "Live")


async def test_the_log_line_of_a_call_says_its_side(client, canary, caplog):
    caplog.set_level(logging.INFO, logger="gateway")
    canary()
    await client.post(PATH, asking("candidate"))
    [line] = [m for m in caplog.messages if " call=" in m]
    assert "preset:Next" in line and "revision=7 canary=candidate" in line


async def test_presets_of_the_payload_stay_as_they_are(canary):
    assert set(canary().presets) == {DEFAULT["slug"], BUDGET["slug"]}
