"""Whatever address a client or an operator writes, and wherever: nobody goes there, and nobody
asks what its name stands for. Those of providers come from the environment alone."""

import itertools
import json
import socket

import pytest

from brains.admin.inheritance import CHAT_FIELDS, EMBEDDING_FIELDS
from brains.models import ModelPreset
from brains.tests.scripts import Script
from gateway.models import ApiKey
from gateway.request import REFUSED_FIELDS
from gateway.tests.conftest import CHAT, PATH, PROVIDER_KEY
from providers import reachability, webhook
from providers.model_list import NoModelList, fetch
from providers.shipped import openrouter
from tests.faults.calls import ask, failure
from tests.faults.trap import PRIVATE, Trap
from tests.faults.wire import answer
from tests.upstream.hostile import HostileServer, sends

pytestmark = pytest.mark.fault("W8")
EACH = pytest.mark.parametrize("spelling", PRIVATE, ids=ascii)
FIELDS = sorted(REFUSED_FIELDS - {"preset"})
HEADERS = (
    *("host", "origin", "referer", "forwarded", "x-forwarded-host", "x-real-ip"),
    *("x-portkey-custom-host", "x-litellm-api-base", "x-openai-base-url"),
    *("helicone-target-url", "x-api-base", "x-base-url", "openai-organization"),
)


@pytest.fixture
def trap(monkeypatch):
    with Trap() as trap:
        monkeypatch.setattr(socket, "getaddrinfo", trap.look_up)
        yield trap


@pytest.fixture
def is_untouched(trap, provider):
    """Return a function that says whether nobody but the provider was called."""

    def is_untouched():
        port = int(provider.url.rpartition(":")[2].partition("/")[0])
        assert (trap.connections, trap.looked_up) == (0, [])
        return trap.called_but(port) == []

    return is_untouched


def parts(url):
    """Every part of a message that may have an address."""
    return [
        {"type": "image_url", "image_url": {"url": url}},
        {"type": "image_url", "image_url": {"url": f"{url}/a.png", "detail": "high"}},
        {"type": "video_url", "video_url": {"url": url}},
        {"type": "input_audio", "input_audio": {"data": url, "format": "wav"}},
        {"type": "file", "file": {"file_data": url, "filename": url}},
        {"type": "text", "text": f"![see]({url}) <img src={url}>"},
    ]


def elsewhere(url):
    """Every other field of a request that may have an address."""
    schema = {"name": "s", "schema": {"$ref": url, "$schema": url}}
    function = {"name": "f", "parameters": {"$ref": url}}
    return {
        "tools": [{"type": "function", "function": function}],
        "response_format": {"type": "json_schema", "json_schema": schema},
        "metadata": {"callback": url, "webhook": url},
        "user": url,
        "stop": url,
        "provider": {"url": url, "order": [url]},
        "plugins": [{"id": "web", "url": url}],
        "webhook_url": url,
        "endpoint": url,
        "proxy": url,
    }


@EACH
async def test_address_in_a_message_is_passed_on_and_never_opened(
    client, provider, trap, is_untouched, spelling
):
    url = trap.at(spelling)
    body = CHAT | {"messages": [{"role": "user", "content": parts(url)}]}
    said, _ = await ask(client, body | elsewhere(url))
    assert said.status == 200
    sent = json.loads(provider.requests[0].partition(b"\r\n\r\n")[2])
    assert sent["messages"][0]["content"] == parts(url)
    embedded = await client.post(
        "/v1/embeddings", {"model": "aura/embedding", "input": url}
    )
    assert embedded.status in (200, 502)
    assert is_untouched()


@EACH
async def test_address_in_a_field_that_chooses_a_server_is_refused(
    client, provider, trap, is_untouched, spelling
):
    for field in FIELDS:
        for value in (trap.at(spelling), {"url": trap.at(spelling)}):
            said, _ = await ask(client, CHAT | {field: value})
            assert (said.status, said.error["param"]) == (400, field)
    said, _ = await ask(client, CHAT | {"model": trap.at(spelling)})
    assert failure(said) == (404, "model_not_found")
    assert provider.count == 0 and is_untouched()


@EACH
async def test_address_in_a_header_leads_nowhere(
    client, provider, trap, is_untouched, spelling
):
    value = trap.at(spelling).encode().decode("latin-1")
    headers = dict.fromkeys(HEADERS, value)
    assert (await client.post(PATH, CHAT, headers)).status == 200
    [request] = provider.requests
    assert f"Bearer {PROVIDER_KEY}".encode() in request
    assert str(trap.port).encode() not in request.partition(b"\r\n\r\n")[0]
    assert is_untouched()


@EACH
async def test_model_that_looks_like_an_address_is_only_a_name(
    client, serve, provider, trap, is_untouched, spelling
):
    if set(spelling) & set("[]") or not spelling.isascii() or "@" in spelling:
        spelling = "127.0.0.1"  # no model id has the others
    serve(l3=f"{spelling}:{trap.port}/v1", l3_fallback=f"{spelling}:{trap.port}/v2")
    assert (await client.post(PATH, CHAT)).status == 200
    assert is_untouched()


@EACH
async def test_redirect_of_a_provider_is_not_followed(
    client, provider, trap, is_untouched, spelling
):
    where = {"Location": trap.at(spelling).encode().decode("latin-1")}
    provider.script = sends(answer(b"", "307 Go", where))
    said, _ = await ask(client, CHAT)
    assert failure(said) == (502, "upstream_invalid")
    assert is_untouched()


@EACH
def test_redirect_is_followed_nowhere_else(monkeypatch, spelling):
    with Trap() as trap:
        where = {"Location": trap.at(spelling).encode().decode("latin-1")}
        with HostileServer(sends(answer(b"", "302 Go", where))) as server:
            asked = openrouter(server.url, "a-key")
            assert reachability.check(asked).status == 302
            with pytest.raises(NoModelList):
                fetch(asked)
            with pytest.raises(webhook.NotDelivered, match="status 302"):
                webhook.deliver(server.url, "s", "m", b"{}")
            assert trap.called_but(server.port) == []
        assert trap.connections == 0


def test_no_form_and_no_file_takes_an_address(admin, trap):
    page, script = "/admin/brains/modelpreset/add/", Script()
    fields = itertools.cycle((*CHAT_FIELDS, *EMBEDDING_FIELDS))
    for number, (spelling, field) in enumerate(zip(PRIVATE, fields, strict=False)):
        url = trap.at(spelling)
        said = admin.post(page, {"name": "Led astray", field: url})
        assert list(said.context["adminform"].form.errors) == [field]
        admin.get("/admin/brains/modelpreset/models/", {"q": url})
        admin.post("/admin/gateway/apikey/add/", {"name": url[:80]})
        assert ApiKey.objects.count() == number + 1, "it is only a name"
        fields_of = {"name": "Budget", field: url}
        assert script.ask("PUT", "/api/presets/budget", fields_of).status_code == 422
        file = json.dumps({"version": 1, "presets": [fields_of]})
        for text in (f"!include {url}", file):
            said = script.ask("POST", "/api/import", text, "application/yaml")
            assert said.status_code in (400, 422)
    assert not ModelPreset.objects.filter(name="Led astray").exists()
    assert (trap.connections, trap.called, trap.looked_up) == (0, [], [])


def test_the_trap_notices_who_comes(trap):
    with socket.create_connection(("127.0.0.1", trap.port)):
        pass
    with socket.create_connection(("rebinds.example", 80)):
        pass
    assert trap.called == [("127.0.0.1", trap.port)] * 2
    assert trap.looked_up == ["127.0.0.1", "rebinds.example"]
