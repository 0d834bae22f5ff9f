"""The list of models shows the layers, as models that clients know."""

from datetime import datetime

import pytest

from brains import live
from gateway.tests.conftest import SINCE

MODELS = "/v1/models"


async def test_list_has_each_layer_in_two_spellings_and_the_aliases(client):
    answer = await client.get(MODELS)
    body = answer.json()
    assert (answer.status, body["object"]) == (200, "list")
    layers = ("l1", "l2", "l3", "embedding")
    names = [f"aura{mark}{layer}" for layer in layers for mark in "/-"]
    # `lost` leads nowhere.
    assert [m["id"] for m in body["data"]] == [*names, "gpt-4o", "embed", "cheap"]


async def test_model_says_since_when_and_what_serves(client):
    body = (await client.get(MODELS)).json()
    shown = {m["id"]: m for m in body["data"]}
    assert shown["aura/l3"] == {
        "id": "aura/l3",
        "object": "model",
        "created": int(datetime.fromisoformat(SINCE).timestamp()),
        "owned_by": "aura",
        "layer": "l3",
        "serves": "deepseek/deepseek-chat",
    }
    assert shown["cheap"]["serves"] == "b/one"
    assert shown["aura-embedding"]["serves"] == "openai/text-embedding-3-small"


@pytest.mark.parametrize(
    ("path", "name", "serves"),
    [
        ("aura/l3", "aura/l3", "deepseek/deepseek-chat"),
        ("aura%2Fl3", "aura/l3", "deepseek/deepseek-chat"),
        ("aura-l3", "aura-l3", "deepseek/deepseek-chat"),
        ("l3", "l3", "deepseek/deepseek-chat"),
        ("gpt-4o", "gpt-4o", "deepseek/deepseek-chat"),
        ("aura%2Fl3%40budget", "aura/l3@budget", "b/three"),
        ("aura/l1@budget", "aura/l1@budget", "b/one"),
    ],
)
async def test_one_model_is_shown_by_any_of_its_names(client, path, name, serves):
    body = (await client.get(f"{MODELS}/{path}")).json()
    assert (body["id"], body["object"], body["serves"]) == (name, "model", serves)


@pytest.mark.parametrize(
    "name", ["gpt-5", "aura%2Fl4", "aura/l3@nosuch", "lost", "%20", "..%2Fl3", "%E2%98"]
)
async def test_any_other_name_is_404_model_not_found(client, name):
    answer = await client.get(f"{MODELS}/{name}")
    assert (answer.status, answer.error["code"]) == (404, "model_not_found")
    assert answer.error["param"] == "model"


async def test_list_follows_a_swap(client, serve):
    serve(l3="a/new")
    body = (await client.get(f"{MODELS}/aura/l3")).json()
    assert body["serves"] == "a/new"


async def test_with_nothing_ever_activated_created_is_0(client):
    live.install(None, "default")
    assert (await client.get(f"{MODELS}/l3")).json()["created"] == 0


async def test_list_calls_no_model(client, upstream):
    await client.get(MODELS)
    assert upstream.requests == []
