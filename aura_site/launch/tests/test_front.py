"""What stands before the embedded models' servers: their own model passes, others do not."""

import asyncio
import json
import socket
import threading
from collections.abc import Iterator

import pytest
from asgiref.sync import async_to_sync

from aura_site.launch import front
from aura_site.launch.tests.asking import ask, ask_once, connected
from providers.client import Client
from providers.deadlines import Deadlines
from providers.errors import ProviderRejected
from providers.registry import Registry
from providers.shipped import offline
from tests.upstream import FakeUpstream
from tests.waiting import wait_until

MODEL = "smollm2-135m"
CHAT = "/chat/completions"
MESSAGES = [{"role": "user", "content": "Hello"}]
DEADLINES = Deadlines(10, 10, 10, 5)


@pytest.fixture
def behind() -> Iterator[FakeUpstream]:
    with FakeUpstream() as upstream:
        yield upstream


@pytest.fixture
def url(behind) -> Iterator[str]:
    """The address of what stands before `behind`."""
    listener, stop = socket.create_server(("127.0.0.1", 0)), threading.Event()
    port = int(behind.url.rpartition(":")[2].removesuffix("/v1"))

    async def until_stopped() -> None:
        serving = asyncio.create_task(front.serve(listener, port, MODEL))
        await asyncio.to_thread(stop.wait)
        serving.cancel()

    thread = threading.Thread(target=asyncio.run, args=(until_stopped(),))
    thread.start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}/v1"
    stop.set()
    thread.join(10)


def named(model):
    return {"messages": MESSAGES, **({"model": model} if model else {})}


def chat(url, model):
    return ask_once(url, CHAT, named(model))


def test_its_own_model_answers_unchanged(url, behind):
    (status, through), (_, straight) = chat(url, MODEL), chat(behind.url, MODEL)
    assert status == 200
    assert json.loads(through)["choices"] == json.loads(straight)["choices"]


def test_another_model_is_refused_as_openai_does_and_nobody_is_asked(url, behind):
    status, body = chat(url, "smollm2-13m")
    assert status == 404
    assert json.loads(body) == {
        "error": {
            "message": "There is no model 'smollm2-13m' here: this server has "
            "smollm2-135m.",
            "type": "invalid_request_error",
            "param": "model",
            "code": "model_not_found",
        }
    }
    assert behind.requests == []


def test_a_connection_goes_on_after_a_refusal(url):
    models = (MODEL, "nosuch", MODEL, "nosuch")
    with connected(url) as one:
        statuses = [ask(one, f"/v1{CHAT}", named(model))[0] for model in models]
    assert statuses == [200, 404, 200, 404]


def test_what_names_no_model_passes(url, behind):
    assert chat(url, "")[0] == 200
    ask_once(url, "/models")
    ask_once(url, CHAT, b"{")
    ask_once(url, CHAT, b"[1]")
    paths = ["/v1/chat/completions", "/v1/models", *["/v1/chat/completions"] * 2]
    assert [request.path for request in behind.requests] == paths


@pytest.mark.parametrize("model", [7, ["a"], {"a": 1}, True])
def test_a_model_that_is_no_name_is_refused(url, model):
    assert chat(url, model)[0] == 404


def test_a_long_name_is_cut(url):
    assert len(chat(url, "x" * 10_000)[1]) < 500


def test_a_stream_arrives_as_it_is_made(url, behind):
    behind.script(MODEL, hold_after=1)
    body = json.dumps({**named(MODEL), "stream": True})
    with connected(url) as one:
        one.request("POST", f"/v1{CHAT}", body)
        answer = one.getresponse()
        assert json.loads(answer.readline().removeprefix(b"data: "))["choices"]
        behind.release()
        assert answer.read().rstrip().endswith(b"data: [DONE]")


def test_who_hangs_up_ends_the_answer_at_the_server(url, behind):
    behind.script(MODEL, stall=True)
    with connected(url) as one:
        one.request("POST", f"/v1{CHAT}", json.dumps(named(MODEL)))
        behind.wait_for(1)
    wait_until(lambda: behind.aborted == 1, "the server to notice")


def test_a_server_that_is_away_ends_the_connection(url, behind):
    behind.stop()
    with pytest.raises(ConnectionError):
        chat(url, MODEL)


def test_a_head_without_end_ends_the_connection(url):
    with connected(url) as one, pytest.raises(ConnectionError):
        ask(one, "/" + "a" * 200_000)


def test_a_client_of_ours_reads_the_reason(url):
    with pytest.raises(ProviderRejected) as refused:
        call(url, "offline/nosuch")
    assert (refused.value.status, refused.value.code) == (404, "model_not_found")
    assert "There is no model 'nosuch' here" in refused.value.message
    assert call(url, f"offline/{MODEL}")["choices"]


@async_to_sync
async def call(url, model):
    client = Client()
    try:
        route = Registry({"offline": offline(url, url)}).route(model)
        return await client.chat(route, {"messages": MESSAGES}, DEADLINES)
    finally:
        await client.close()


def test_a_taken_port_is_an_error():
    with (
        socket.create_server(("127.0.0.1", 0)) as taken,
        pytest.raises(OSError, match="in use"),
    ):
        front.start(taken.getsockname()[1], 1, MODEL)
