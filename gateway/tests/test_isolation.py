"""A request keeps the selection that it took, to its last byte; the next takes the new."""

import asyncio

import orjson

from gateway.tests.conftest import CHAT, PATH

STREAM = CHAT | {"stream": True}


def models_in(answer):
    """Return which models spoke in a stream."""
    texts = [c["choices"][0]["delta"].get("content") or "" for c in answer.chunks]
    return {word for text in texts for word in text.split() if "/" in word}


async def test_stream_ends_on_the_model_that_it_began_with(client, serve, upstream):
    serve(revision=8, l3="old/one")
    upstream.script("old/one", hold_after=1)
    exchange = client.open_post(PATH, STREAM)
    await exchange.messages_are(3)
    serve(revision=9, l3="new/one")
    upstream.release()
    old = await exchange.answer()
    new = await client.post(PATH, STREAM)
    assert models_in(old) == {"old/one"} and models_in(new) == {"new/one"}
    assert old.headers["x-aura-revision"] == "8"
    assert new.headers["x-aura-revision"] == "9"
    assert [r.model for r in upstream.requests] == ["old/one", "new/one"]


async def test_plain_answer_is_stamped_with_what_it_began_with(client, serve, upstream):
    serve(revision=8, l3="old/one")
    upstream.script("old/one", latency_s=0.05)
    exchange = client.open_post(PATH, CHAT)
    await asyncio.to_thread(upstream.wait_for, 1)
    serve(revision=9, l3="new/one")
    answer = await exchange.answer()
    assert answer.headers["x-aura-model"] == "old/one"
    assert answer.headers["x-aura-revision"] == "8"
    assert answer.json()["choices"][0]["message"]["content"].startswith("old/one")


async def test_request_whose_body_is_slow_keeps_what_was_live_at_its_edge(
    client, serve, upstream
):
    serve(revision=8, l3="old/one")
    data = orjson.dumps(CHAT)
    exchange = client.open("POST", PATH, pieces=[data[:9]], more=True)
    await asyncio.sleep(0.01)
    serve(revision=9, l3="new/one")
    exchange.feed(data[9:])
    assert (await exchange.answer()).headers["x-aura-revision"] == "8"
    assert upstream.requests[0].model == "old/one"


async def test_swaps_under_load_mix_nothing(client, serve, upstream):
    serve(revision=0, l3="m/0")

    async def ask():
        return await client.post(PATH, STREAM)

    tasks = []
    for revision in range(1, 31):
        tasks += [asyncio.create_task(ask()) for _ in range(3)]
        await asyncio.sleep(0)
        serve(revision=revision, l3=f"m/{revision}")
    answers = await asyncio.gather(*tasks)
    for answer in answers:
        revision = answer.headers["x-aura-revision"]
        assert models_in(answer) == {f"m/{revision}"}
        assert answer.headers["x-aura-model"] == f"m/{revision}"
