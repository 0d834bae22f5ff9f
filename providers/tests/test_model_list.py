"""The lists of a provider's models, fetched for real: OpenRouter's, other servers', Ollama's;
and what a server may do instead of giving one."""

import gzip
from collections.abc import Iterator
from dataclasses import replace

import pytest

from providers import model_list
from providers.listed_model import Kind
from providers.model_list import NoModelList, fetch
from providers.shipped import local, named, offline, openrouter
from providers.tests.catalogue import KEY, Catalogue, model
from tests.ports import free_port
from tests.upstream.hostile import HostileServer, answers, drips, sends, silent


@pytest.fixture
def catalogue() -> Iterator[Catalogue]:
    with Catalogue() as catalogue:
        yield catalogue


def refusal(script, within_s=5.0):
    """Return why a server that does so gave no list."""
    with HostileServer(script) as server, pytest.raises(NoModelList) as refused:
        fetch(openrouter(server.url, KEY), within_s)
    return str(refused.value)


def ids(found):
    return [each.id for each in found.models]


def test_openrouter_is_asked_for_chat_and_for_embeddings(catalogue):
    found = fetch(openrouter(catalogue.url, KEY))

    assert [(m.id, m.kind) for m in found.models] == [
        ("a/one", Kind.CHAT),
        ("a/vectors", Kind.EMBEDDING),
    ]
    assert found.ignored == 0
    assert [path for path, _ in catalogue.heard] == [
        "/v1/models",
        "/v1/embeddings/models",
    ]


def test_the_key_is_sent_where_there_is_one(catalogue):
    fetch(openrouter(catalogue.url, KEY))
    fetch(openrouter(catalogue.url, ""))

    assert [key for _, key in catalogue.heard] == [f"Bearer {KEY}"] * 2 + [""] * 2


def test_other_servers_are_asked_for_their_one_list(catalogue):
    catalogue.pages["/v1/models"] = [{"id": "llama"}, {"id": "nomic-embed-text"}]

    found = fetch(named("groq", catalogue.url, KEY))

    assert [(m.id, m.kind) for m in found.models] == [
        ("llama", Kind.CHAT),
        ("nomic-embed-text", Kind.EMBEDDING),
    ]
    assert len(catalogue.heard) == 1


def test_a_list_may_come_bare(catalogue):
    catalogue.pages["/v1/models"] = b'[{"id": "a/one"}]'

    assert ids(fetch(named("together", catalogue.url, KEY))) == ["a/one"]


def test_ollama_is_asked_for_its_tags(catalogue):
    catalogue.pages["/api/tags"] = {
        "models": [
            {"name": "phi3:mini", "details": {"family": "phi3"}},
            {"name": "minilm:latest", "details": {"family": "bert"}},
        ]
    }

    found = fetch(local(catalogue.url, "", "", {}))

    assert [(m.id, m.kind) for m in found.models] == [
        ("phi3:mini", Kind.CHAT),
        ("minilm:latest", Kind.EMBEDDING),
    ]
    assert [path for path, _ in catalogue.heard] == ["/api/tags"]


def test_ollama_may_have_no_model(catalogue):
    catalogue.pages["/api/tags"] = {"models": []}

    assert ids(fetch(local(catalogue.url, "", "", {}))) == []


@pytest.mark.parametrize("tags", [404, {"error": "Unexpected endpoint"}, b"<html>"])
def test_a_local_server_that_is_not_ollama_is_asked_as_others(catalogue, tags):
    catalogue.pages["/api/tags"] = tags

    assert ids(fetch(local(catalogue.url, "", "", {}))) == ["a/one"]


def test_the_embedded_models_stand_at_two_addresses(catalogue):
    with Catalogue() as second:
        second.pages["/v1/models"] = [{"id": "multilingual-e5-small"}]

        found = fetch(offline(catalogue.url, second.url))

    assert [(m.id, m.kind) for m in found.models] == [
        ("a/one", Kind.CHAT),
        ("multilingual-e5-small", Kind.EMBEDDING),
    ]


@pytest.mark.parametrize(
    "entry", [None, 7, {}, {"id": 7}, {"name": "a/two"}, model(""), model("x" * 201)]
)
def test_what_is_no_model_is_left_out_and_counted(catalogue, entry):
    catalogue.pages["/v1/models"] = [entry, model("a/one")]

    found = fetch(openrouter(catalogue.url, KEY))

    assert ids(found) == ["a/one", "a/vectors"] and found.ignored == 1


def test_a_model_that_is_listed_twice_counts_once(catalogue):
    catalogue.pages["/v1/models"] = [model("a/one"), model("a/one", "0.1")]

    assert ids(fetch(openrouter(catalogue.url, KEY))) == ["a/one", "a/vectors"]


def test_a_provider_may_have_no_list_of_embeddings(catalogue):
    catalogue.pages["/v1/embeddings/models"] = 404

    assert ids(fetch(openrouter(catalogue.url, KEY))) == ["a/one"]


@pytest.mark.parametrize(
    ("page", "reason"),
    [
        (500, "OpenRouter answered /models with status 500."),
        (404, "OpenRouter answered /models with status 404."),
        (b"", "OpenRouter answered /models with no list of models."),
        (b"<html>", "OpenRouter answered /models with no list of models."),
        (b"[" * 100_000, "OpenRouter answered /models with no list of models."),
        (b"\xff\xfe", "OpenRouter answered /models with no list of models."),
        (b"7", "OpenRouter answered /models with no list of models."),
        (b'{"data": {}}', "OpenRouter answered /models with no list of models."),
    ],
)
def test_garbage_is_said_in_a_sentence(catalogue, page, reason):
    catalogue.pages["/v1/models"] = page

    with pytest.raises(NoModelList) as refused:
        fetch(openrouter(catalogue.url, KEY))

    assert str(refused.value) == reason


@pytest.mark.parametrize("page", [[], [None, {}, "a/one"]])
def test_a_list_that_names_no_model_is_none(catalogue, page):
    catalogue.pages = {"/v1/models": page, "/v1/embeddings/models": []}

    with pytest.raises(NoModelList, match="OpenRouter listed no model"):
        fetch(openrouter(catalogue.url, KEY))


def test_a_redirect_is_not_followed(catalogue):
    catalogue.pages["/v1/models"], catalogue.redirect = 302, catalogue.url + "/other"

    with pytest.raises(NoModelList, match="status 302"):
        fetch(openrouter(catalogue.url, KEY))

    assert len(catalogue.heard) == 1


def test_a_huge_answer_is_not_read_to_its_end(catalogue, monkeypatch):
    monkeypatch.setattr(model_list, "BODY_MAX", 1000)
    catalogue.pages["/v1/models"] = b"x" * 2000

    with pytest.raises(NoModelList, match="too much"):
        fetch(openrouter(catalogue.url, KEY))


def test_of_a_huge_list_the_first_models_are_taken(catalogue, monkeypatch):
    monkeypatch.setattr(model_list, "MODELS_MAX", 3)
    catalogue.pages["/v1/models"] = [model(f"a/{n}") for n in range(10)]

    found = fetch(openrouter(catalogue.url, KEY))

    assert ids(found) == ["a/0", "a/1", "a/2", "a/vectors"]


def test_a_body_that_is_dripped_ends_with_the_time_there_is():
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"
    script = drips(b" " * 1000, after=head, every_s=0.01)

    assert refusal(script, within_s=0.3) == "OpenRouter sent too much, or too slowly."


def test_a_server_that_says_nothing_is_left():
    assert "could not be reached (ReadTimeout)" in refusal(silent(), within_s=0.2)


def test_a_body_that_breaks_off_is_no_list():
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"
    assert refusal(sends(head + b'{"data": ['))


def test_a_compressed_body_is_no_list():
    body = gzip.compress(b'{"data": [{"id": "a/one"}]}')

    assert "no list" in refusal(answers(body, headers=b"Content-Encoding: gzip\r\n"))


@pytest.mark.parametrize("key", [KEY, KEY + "\nX: y", KEY + "é"])
def test_a_provider_that_is_not_there_is_said_without_its_key(key):
    provider = openrouter(f"http://127.0.0.1:{free_port()}/v1", key)

    with pytest.raises(NoModelList, match="could not be reached") as refused:
        fetch(provider)

    assert KEY not in str(refused.value)


def test_an_address_that_is_none_is_said():
    with pytest.raises(NoModelList, match="OPENROUTER_BASE_URL must be an http"):
        fetch(openrouter("ftp://127.0.0.1", KEY))


def test_headers_of_the_provider_go_with_the_question(catalogue):
    provider = replace(openrouter(catalogue.url, ""), headers={"Authorization": "own"})

    fetch(provider)

    assert {key for _, key in catalogue.heard} == {"own"}
