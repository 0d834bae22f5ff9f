"""The names that clients may ask for, and what they hear for any other."""

import pytest

from brains import live
from gateway.application import Gateway
from gateway.errors import BadRequest, ModelNotFound
from gateway.names import LISTED, find_target
from gateway.tests.asgi_client import AsgiClient, timed
from gateway.tests.conftest import CHAT, KEY, PATH

LONG = "x" * 10_000


@pytest.fixture
def find(alive):
    def find(name, **aliases):
        return find_target(name, live.current(), aliases)

    return find


@pytest.mark.parametrize("layer", ["l1", "l2", "l3", "embedding"])
@pytest.mark.parametrize("form", ["aura/{}", "aura-{}", "{}"])
def test_each_layer_has_three_spellings(find, form, layer):
    target = find(form.format(layer))
    assert target.layer == layer
    assert target.asked == form.format(layer)
    assert target.selection is live.current().selection


@pytest.mark.parametrize("form", ["aura/l3", "aura-l3", "l3"])
def test_preset_after_the_at_serves_without_being_live(find, form):
    target = find(f"{form}@budget")
    assert target.layer == "l3"
    assert target.selection.preset == "Budget"
    assert target.selection.choice("l3").value == "b/three"
    assert live.current().selection.preset == "Default"


async def test_preset_of_a_request_serves_it_and_is_stamped(client, upstream):
    answer = await client.post(PATH, CHAT | {"model": "aura/l1@budget"})
    assert answer.json()["model"] == "aura/l1@budget"
    assert answer.headers["x-aura-preset"] == "Budget"
    assert answer.headers["x-aura-model"] == upstream.requests[0].model == "b/one"


def test_alias_leads_to_a_layer_and_to_a_preset(find):
    aliases = {"gpt-4o": "l3", "cheap": "aura/l1@budget"}
    assert find("gpt-4o", **aliases).layer == "l3"
    cheap = find("cheap", **aliases)
    assert (cheap.layer, cheap.selection.preset) == ("l1", "Budget")
    assert cheap.asked == "cheap"


def test_star_takes_every_other_name(find):
    aliases = {"*": "l3", "small": "l1"}
    assert find("anything at all", **aliases).layer == "l3"
    assert find("aura/l4", **aliases).layer == "l3"
    assert find("small", **aliases).layer == "l1"
    assert find("aura/l2", **aliases).layer == "l2"


def test_star_does_not_hide_a_preset_that_is_not_there(find):
    with pytest.raises(ModelNotFound, match="nosuch"):
        find("aura/l3@nosuch", **{"*": "l3"})


def test_alias_cannot_take_the_name_of_a_layer(find):
    assert find("aura/l3", **{"aura/l3": "l1"}).layer == "l3"


@pytest.mark.parametrize("to", ["l9", "gpt-4o", "aura/l3@", "l3@nosuch"])
def test_alias_that_leads_nowhere_is_not_found(find, to):
    with pytest.raises(ModelNotFound):
        find("gpt-4o", **{"gpt-4o": to})


@pytest.mark.fault("C9")
@pytest.mark.parametrize(
    "name",
    [
        "aura/l4",
        "aura/L1",
        "AURA/l1",
        " aura/l1",
        "aura/l1 ",
        "aura/",
        "aura-",
        "aura",
        "@",
        "@budget",
        "aura/@budget",
        "aura/l1@",
        "aura/l1@@budget",
        "aura/l1@Budget",
        "aura/aura/l1",
        "aura/aura-l1",
        "aura-aura/l1",
        "../l1",
        "aura/../l1",
        "aura/l1\r\nX-Evil: 1",
        "l1\x00",
        "ａura/l1",
        "gpt-5",
        "*",
        LONG,
        "aura/l3@" + LONG,
    ],
)
async def test_any_other_name_is_404_model_not_found(client, upstream, name):
    answer, took_s = await timed(lambda: client.post(PATH, CHAT | {"model": name}))
    assert took_s < 0.02
    error = answer.error
    assert answer.status == 404
    assert (error["type"], error["code"]) == (
        "invalid_request_error",
        "model_not_found",
    )
    assert error["param"] == "model"
    assert "aura/l3@SLUG (budget, default)" in error["message"]
    assert len(error["message"]) < 400 and error["message"].isprintable()
    assert upstream.requests == []


@pytest.mark.fault("C9")
@pytest.mark.parametrize("name", [None, 7, 1.5, True, [], ["l1"], {}, ""])
async def test_model_that_is_no_text_is_400(client, upstream, name):
    answer = await client.post(PATH, CHAT | {"model": name})
    assert (answer.status, answer.error["param"]) == (400, "model")
    assert upstream.requests == []


@pytest.mark.fault("C9")
async def test_model_that_is_missing_is_400(client):
    body = {"messages": CHAT["messages"]}
    assert (await client.post(PATH, body)).error["param"] == "model"


async def test_star_takes_a_name_of_any_length_and_echoes_it(gateway, registry):
    everything = Gateway(registry, {"*": "l3"})
    answer = await AsgiClient(everything, KEY).post(PATH, CHAT | {"model": LONG})
    await everything.close()
    assert answer.json()["model"] == LONG
    assert LONG not in str(answer.headers)


def test_with_no_presets_the_message_says_none(find):
    live.install({"revision": 0, "presets": []}, "default")
    with pytest.raises(ModelNotFound, match=r"\(none\)"):
        find("gpt-5")


def test_name_that_is_no_text_is_a_bad_request(find):
    with pytest.raises(BadRequest, match="aura/l3"):
        find(None)


def test_two_spellings_of_each_layer_are_listed():
    assert LISTED[:3] == ("aura/l1", "aura-l1", "aura/l2") and len(LISTED) == 8
