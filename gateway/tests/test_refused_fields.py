"""A client cannot choose where a call goes, with which key, or which model serves it."""

import pytest

from gateway.request import REFUSED_FIELDS
from gateway.tests.conftest import CHAT, PATH, PROVIDER_KEY
from providers.tests.wire import WireServer, answering

NAMED = {
    "api_base",
    "base_url",
    "api_key",
    "extra_headers",
    "organization",
    "model_list",
}


@pytest.mark.fault("C10")
@pytest.mark.parametrize("path", [PATH, "/v1/embeddings"])
@pytest.mark.parametrize("field", sorted(REFUSED_FIELDS | NAMED))
async def test_field_that_is_not_for_clients_is_refused(client, upstream, path, field):
    answer = await client.post(path, CHAT | {"input": "Hello", field: "evil-value"})
    error = answer.error
    assert (answer.status, error["param"]) == (400, field)
    assert f"`{field}`" in error["message"] and "evil-value" not in error["message"]
    assert upstream.requests == []


@pytest.mark.parametrize("value", [None, "", [], {}, False])
async def test_field_is_refused_whatever_its_value(client, upstream, value):
    answer = await client.post(PATH, CHAT | {"base_url": value})
    assert answer.status == 400
    assert upstream.requests == []


async def test_first_of_several_is_named(client):
    answer = await client.post(PATH, CHAT | {"organization": "o", "api_base": "a"})
    assert answer.error["param"] == "api_base"


@pytest.mark.fault("W8")
@pytest.mark.fault("C10")
async def test_address_in_a_body_hears_nothing_and_gets_no_key(client):
    async with WireServer(answering()) as trap:
        for field in ("api_base", "base_url"):
            await client.post(PATH, CHAT | {field: trap.url, "api_key": "x"})
        image = {"type": "image_url", "image_url": {"url": f"{trap.url}/a.png"}}
        messages = [{"role": "user", "content": [image]}]
        answer = await client.post(PATH, CHAT | {"messages": messages})
    assert answer.status == 200
    assert trap.connections == 0


@pytest.mark.fault("W8")
@pytest.mark.fault("C11")
@pytest.mark.parametrize(
    "headers",
    [
        {"x-portkey-custom-host": "http://evil"},
        {"x-litellm-api-base": "http://evil"},
        {"host": "evil"},
        {"x-forwarded-host": "evil"},
    ],
)
async def test_header_cannot_choose_where_a_call_goes(client, upstream, headers):
    assert (await client.post(PATH, CHAT, headers)).status == 200
    [request] = upstream.requests
    assert request.key == PROVIDER_KEY
    assert "evil" not in str(request.headers)


async def test_such_a_field_deeper_down_is_the_providers_own(client, upstream):
    tool = {"type": "function", "function": {"name": "f", "parameters": {"api_key": 1}}}
    answer = await client.post(PATH, CHAT | {"tools": [tool]})
    assert answer.status == 200
    assert upstream.requests[0].body["tools"] == [tool]
