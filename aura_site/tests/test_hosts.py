"""Who asks by another's name is refused by every page, and no link leads there."""

import pytest
from django.conf import settings
from django.test import Client

GOOD = ["localhost", "localhost:8080", "127.0.0.1:8080", "[::1]:8080", "LOCALHOST"]
BAD = [
    "evil.example",
    "evil.example:8080",
    "localhost.evil.example",
    "evil.example#localhost",
    "evil.example/localhost",
    "evil.example\\localhost",
    "localhost@evil.example",
    "localhost:8080@evil.example",
    "evil.example, localhost",
    "localhost, evil.example",
    "localhost evil.example",
    "localhost:evil",
    "localhost:80:80",
    "[::1",
    "[::ffff:127.0.0.1]",
    "127.1",
    "0.0.0.0",
    "2130706433",
    "169.254.169.254",
    "<script>alert(1)</script>",
    "{{ 7|add:7 }}",
    "lo\u0441alhost",
    "",
    "." * 300,
    "a" * 70_000,
]
PAGES = ["/", "/admin/", "/admin/login/", "/api/presets", "/nowhere/"]
FORWARDED = ["X-Forwarded-Host", "X-Host", "X-Original-Host", "Forwarded"]


@pytest.fixture
def browser(admin_user) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(admin_user)
    return client


@pytest.mark.django_db
@pytest.mark.parametrize("host", GOOD)
def test_our_own_names_are_taken(browser, host):
    assert browser.get("/", headers={"host": host}).status_code == 200


@pytest.mark.django_db
@pytest.mark.fault("W6")
@pytest.mark.parametrize("host", BAD, ids=lambda host: ascii(host[:30]))
def test_another_name_is_a_400_from_every_page_that_does_not_repeat_it(browser, host):
    for page in PAGES:
        for ask in (browser.get, browser.post):
            answer = ask(page, headers={"host": host})
            assert (page, answer.status_code) == (page, 400)
            assert len(host) < 6 or host not in answer.content.decode()
            assert "location" not in answer.headers


@pytest.mark.django_db
@pytest.mark.fault("W6")
@pytest.mark.parametrize("header", FORWARDED)
def test_a_name_that_was_forwarded_is_not_looked_at(browser, header):
    for page in (*PAGES, "/admin/gateway/apikey/add/"):
        for client in (browser, Client()):
            answer = client.get(page, headers={header: "host=evil.example"})
            assert "evil.example" not in answer.content.decode() + str(answer.headers)
    made = browser.post(
        "/admin/gateway/apikey/add/", {"name": "n"}, headers={header: "evil.example"}
    )
    assert "http://testserver" in made.content.decode()
    assert "evil.example" not in made.content.decode()


@pytest.mark.fault("W6")
def test_no_name_is_taken_for_any():
    assert "*" not in settings.ALLOWED_HOSTS
    assert not settings.USE_X_FORWARDED_HOST
