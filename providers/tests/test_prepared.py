"""The head of a request is made once, from checked values, and shown to nobody."""

import asyncio

import pytest

from providers.errors import ProviderNotReady
from providers.pool import Pool
from providers.prepared import prepare
from providers.shipped import named
from providers.tests.calling import KEY


def prepared(url):
    provider = named("groq", url, KEY)
    return prepare(provider, provider.base_url + "/chat/completions", Pool())


def test_request_is_the_head_with_the_key_and_the_body():
    assert prepared("http://127.0.0.1:8000/v1").request(b"{}") == (
        b"POST /v1/chat/completions HTTP/1.1\r\n"
        b"Host: 127.0.0.1:8000\r\n"
        b"Accept: */*\r\n"
        b"Accept-Encoding: identity\r\n"
        b"Content-Type: application/json\r\n"
        b"User-Agent: aura\r\n"
        b"Authorization: Bearer " + KEY.encode() + b"\r\n"
        b"Content-Length: 2\r\n\r\n{}"
    )


@pytest.mark.parametrize(
    ("url", "line", "host"),
    [
        ("http://example.com", b"POST /chat/completions", b"example.com"),
        ("https://[::1]:8080/v1", b"POST /v1/chat/completions", b"[::1]:8080"),
        ("http://münchen.example/v1", b"POST /v1/", b"xn--mnchen-3ya.example"),
        ("http://a/ü%20b", b"POST /%C3%BC%20b/chat/completions", b"a"),
    ],
)
def test_address_is_sent_as_http_has_it(url, line, host):
    head = prepared(url).request(b"")
    assert head.startswith(line)
    assert b"\r\nHost: " + host + b"\r\n" in head


def test_key_is_not_shown():
    assert KEY not in repr(prepared("http://127.0.0.1:8000/v1"))


def test_provider_that_is_not_set_up_is_refused():
    with pytest.raises(ProviderNotReady):
        prepare(named("groq", "http://a/v1", ""), "http://a/v1/x", Pool())


def test_one_origin_is_shared_by_all_its_addresses():
    pool = Pool()
    provider = named("groq", "http://a/v1", KEY)
    urls = ["http://a/v1/x", "http://a:80/y", "http://A/z"]
    assert len({id(prepare(provider, url, pool).origin) for url in urls}) == 1
    others = ["https://a/v1/x", "http://a:81/y", "http://b/z"]
    assert len({id(prepare(provider, url, pool).origin) for url in urls + others}) == 4


def test_pool_without_connections_closes_without_a_loop():
    Pool().close()
    with pytest.raises(RuntimeError):
        asyncio.get_running_loop()
