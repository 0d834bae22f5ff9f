"""The providers that Aura brings along, from the values that people set."""

import pytest

from providers.registry import Registry
from providers.shipped import local, named, offline, ollama_url, openrouter

LOCAL = "http://127.0.0.1:11434"


def test_openrouter_has_its_address_and_says_who_calls():
    provider = openrouter("", "sk-or-1")
    assert provider.base_url == "https://openrouter.ai/api/v1"
    assert provider.problem == ""
    assert provider.headers["HTTP-Referer"].startswith("https://")
    assert provider.headers["X-OpenRouter-Title"] == "Aura"
    assert provider.headers["X-Title"] == "Aura"


def test_openrouter_without_a_key_names_its_variable():
    assert "OPENROUTER_API_KEY" in openrouter("", "").problem


def test_slash_at_the_end_of_an_address_is_taken_off():
    assert openrouter("http://h/v1/", "k").base_url == "http://h/v1"
    assert local("http://h/v1/", "", "", {}).base_url == "http://h/v1"
    assert named("groq", "http://h/v1/", "k").base_url == "http://h/v1"
    both = offline("http://h/v1/", "http://e/v1/")
    assert (both.base_url, both.embedding_base_url) == ("http://h/v1", "http://e/v1")


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("", LOCAL),
        ("gpu", "http://gpu:11434"),
        ("gpu:8000", "http://gpu:8000"),
        (":8000", "http://127.0.0.1:8000"),
        ("http://gpu:8000", "http://gpu:8000"),
        ("http://gpu:8000/", "http://gpu:8000"),
        ("http://gpu", "http://gpu"),
        ("https://gpu", "https://gpu"),
        ("https://gpu/ollama/", "https://gpu/ollama"),
        ("gpu/ollama", "http://gpu:11434/ollama"),
        ("0.0.0.0", LOCAL),
        ("0.0.0.0:8000", "http://127.0.0.1:8000"),
        ("http://0.0.0.0:8000", "http://127.0.0.1:8000"),
        ("10.0.0.0", "http://10.0.0.0:11434"),
        ("[::1]", "http://[::1]:11434"),
        ("[::1]:8000", "http://[::1]:8000"),
        ("[::]:8000", "http://127.0.0.1:8000"),
    ],
)
def test_ollama_host_may_have_each_of_its_forms(host, url):
    assert ollama_url(host) == url
    assert local("", host, "", {}).base_url == f"{url}/v1"


def test_address_of_the_local_server_goes_before_ollama_host():
    assert local("http://h:1/v1", "gpu", "", {}).base_url == "http://h:1/v1"


def test_local_needs_no_key_and_knows_the_models_of_the_shipped_presets():
    provider = local("", "", "", {"mine": "mine:7b"})
    registry = Registry({"local": provider})
    assert provider.problem == ""
    assert registry.route("local/phi-3-mini-4k").model == "phi3:mini"
    assert registry.route("local/mine").model == "mine:7b"
    assert "AURA_LOCAL_BASE_URL" in provider.start_hint


def test_name_of_a_local_model_can_be_mapped_otherwise():
    registry = Registry({"local": local("", "", "", {"phi-3-mini-4k": "phi4"})})
    assert registry.route("local/phi-3-mini-4k").model == "phi4"


def test_offline_has_two_addresses_and_needs_no_key():
    provider = offline("http://c/v1", "http://e/v1")
    assert provider.problem == ""
    assert "make run" in provider.start_hint
    broken = offline("http://c/v1", "nowhere")
    assert broken.problem.startswith("AURA_OFFLINE_EMBEDDING_URL")


@pytest.mark.parametrize(
    ("url", "host", "key", "is_presumed"),
    [
        ("", "", "", True),
        (f"{LOCAL}/v1/", "", "", True),
        ("", "0.0.0.0", "", True),
        ("", "", "secret", False),
        ("http://gpu:1/v1", "", "", False),
        ("", "gpu", "", False),
    ],
)
def test_local_server_is_presumed_until_somebody_says_where(
    url, host, key, is_presumed
):
    assert local(url, host, key, {}).is_presumed is is_presumed


def test_named_provider_is_one_entry_in_the_registry():
    groq = named("groq", "http://g/v1", "sk-groq")
    registry = Registry({"openrouter": openrouter("", "k"), "groq": groq})
    route = registry.route("groq/llama-3.1-8b")
    assert (route.provider, route.model) == (groq, "llama-3.1-8b")
    assert groq.problem == ""


def test_named_provider_says_which_variables_it_wants():
    assert named("my-box", "", "k").problem.startswith("AURA_MY_BOX_BASE_URL")
    assert "AURA_MY_BOX_API_KEY" in named("my-box", "http://g/v1", "").problem


@pytest.mark.parametrize("word", ["none", "None", "NONE"])
def test_key_of_none_means_that_no_key_is_sent(word):
    provider = named("box", "http://g/v1", word)
    assert provider.problem == "" and provider.key == ""
