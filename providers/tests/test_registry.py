"""A model id goes to one provider, and a provider says what is wrong with its settings."""

from dataclasses import replace

import pytest

from providers.registry import Provider, Registry, address_problem

URL = "https://example.org/v1"


def provider(name, prefix="", **fields):
    named = {"base_url": URL, "url_variable": "THE_URL", "key_variable": "THE_KEY"}
    return Provider(
        **{"name": name, "title": name.title(), "prefix": prefix, **named, **fields}
    )


@pytest.fixture
def registry():
    providers = [
        provider("openrouter", key="k"),
        provider("local", "local/", model_names={"phi": "phi3:mini"}),
        provider("near", "local/near/"),
    ]
    return Registry({p.name: p for p in providers})


@pytest.mark.parametrize(
    ("model_id", "name", "model"),
    [
        ("deepseek/deepseek-chat", "openrouter", "deepseek/deepseek-chat"),
        ("local/llama3", "local", "llama3"),
        ("local/near/llama3", "near", "llama3"),
        ("local/phi", "local", "phi3:mini"),
        ("local/near/phi", "near", "phi"),
        ("locals/phi", "openrouter", "locals/phi"),
        ("local", "openrouter", "local"),
        ("x/local/phi", "openrouter", "x/local/phi"),
        ("local/local/phi", "local", "local/phi"),
    ],
)
def test_longest_prefix_wins_and_the_rest_goes_to_openrouter(
    registry, model_id, name, model
):
    route = registry.route(model_id)
    assert (route.provider.name, route.model) == (name, model)


def test_registry_is_a_mapping_of_its_providers(registry):
    assert list(registry) == ["openrouter", "local", "near"]
    assert len(registry) == 3
    assert registry["near"].prefix == "local/near/"


def test_provider_that_is_set_up_has_no_problem():
    assert provider("one", key="sk-1").problem == ""
    assert provider("one", needs_key=False).problem == ""


def test_missing_key_names_the_variable_to_set():
    assert provider("one").problem == "No key for One: set THE_KEY and restart."


@pytest.mark.parametrize("key", ["schlüssel", "sk-1\r\nX: y", "sk\x00"])
def test_key_that_no_header_can_carry_is_a_problem_and_not_shown(key):
    problem = provider("one", key=key).problem
    assert problem.startswith("THE_KEY has characters")
    assert key not in problem


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("", "is not set"),
        ("example.org/v1", "must be an http"),
        ("ftp://example.org/v1", "must be an http"),
        ("file:///etc/passwd", "must be an http"),
        ("http://", "must be an http"),
        ("http://:80/v1", "must be an http"),
        ("http://[::1/v1", "is not an address"),
        ("http://example.org:99999/v1", "is not an address"),
        ("http://example.org:http/v1", "is not an address"),
        ("http://me:secret@example.org/v1", "must not hold a user"),
        ("http://me@example.org/v1", "must not hold a user"),
        ("http://exam ple.org/v1", "has characters"),
        ("http://example.org/v1\r\nX: y", "has characters"),
        ("http://example.org/v1?key=secret", "must end before"),
        ("http://example.org/v1#top", "must end before"),
    ],
)
def test_address_that_cannot_be_used_says_why(url, said):
    assert address_problem(url).startswith(said)
    assert "secret" not in address_problem(url)
    assert provider("one", base_url=url, key="k").problem.startswith(f"THE_URL {said}")


@pytest.mark.parametrize(
    "url",
    [URL, "http://127.0.0.1:11434/v1", "http://[::1]:8000", "HTTP://Example.org/a/b"],
)
def test_address_that_can_be_used_has_no_problem(url):
    assert address_problem(url) == ""


def test_embedding_address_is_checked_too():
    fields = {"embedding_url_variable": "EMBEDDING_URL", "key": "k"}
    two = provider("two", embedding_base_url="nowhere", **fields)
    assert two.problem.startswith("EMBEDDING_URL must be an http")
    assert replace(two, embedding_base_url=URL).problem == ""


def test_origin_hides_path_and_credentials():
    assert (
        provider("one", base_url="https://me:pw@h:8443/v1").origin == "https://h:8443"
    )
    assert provider("one").origin == "https://example.org"


def test_key_is_not_in_the_text_of_a_provider():
    one = provider("one", key="sk-canary")
    assert "sk-canary" not in repr(one) + str(one)
