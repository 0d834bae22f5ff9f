"""Every page, every error and every answer to a script has the headers that keep browsers
from doing more than showing it."""

import pytest
from django.conf import settings
from django.db import OperationalError
from django.test import Client

from aura_site.tests.addresses import addresses

pytestmark = [pytest.mark.django_db, pytest.mark.fault("W5")]
NEEDED = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
STRICT = {
    "default-src 'self'",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
}


def lacking(answer) -> list[str]:
    """Return what the headers of an answer lack."""
    found = [name for name, value in NEEDED.items() if answer.get(name) != value]
    policy = answer.get("Content-Security-Policy", "")
    is_strict = {part.strip() for part in policy.split(";")} >= STRICT
    is_loose = any(word in policy for word in ("unsafe", "*", "http:", "https:"))
    return [*found, *["Content-Security-Policy"] * (is_loose or not is_strict)]


@pytest.fixture
def browser(admin_user) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(admin_user)
    return client


def test_every_address_has_them_for_an_admin_and_for_a_stranger(browser):
    found = {}
    for page in addresses():
        for client in (browser, Client(raise_request_exception=False)):
            answer = client.get(page)
            found[page, answer.status_code] = lacking(answer)
    assert len(found) > 100
    assert {200, 302, 401, 403, 405} <= {status for _, status in found}
    assert {place: lacks for place, lacks in found.items() if lacks} == {}


def failing(monkeypatch, error):
    def fail(*args: object) -> None:
        raise error

    monkeypatch.setattr("brains.status._look", fail)


@pytest.mark.parametrize("path", ["/nowhere/", "/admin/nowhere/", "/api/nowhere"])
def test_a_page_that_is_not_there_has_them(browser, path):
    answer = browser.get(path)
    assert (answer.status_code, lacking(answer)) == (404, [])


@pytest.mark.parametrize("path", ["/", "/admin/", "/api/presets"])
@pytest.mark.parametrize("is_https", [False, True])
def test_a_refused_host_has_them(browser, settings, path, is_https):
    settings.SECURE_SSL_REDIRECT = is_https
    answer = browser.get(path, headers={"host": "evil.example"})
    assert (answer.status_code, lacking(answer)) == (400, [])


@pytest.mark.parametrize(
    ("error", "status"), [(RuntimeError("x"), 500), (OperationalError("x"), 503)]
)
def test_a_failure_has_them(browser, monkeypatch, error, status):
    failing(monkeypatch, error)
    answer = browser.get("/")
    assert (answer.status_code, lacking(answer)) == (status, [])


def test_a_database_that_is_away_has_them(browser, monkeypatch):
    monkeypatch.setattr("aura_site.database_away.is_silent", lambda: True)
    answer = browser.get("/admin/brains/modelpreset/")
    assert (answer.status_code, lacking(answer)) == (503, [])


def test_a_refused_token_has_them(admin_user):
    client = Client(enforce_csrf_checks=True)
    client.force_login(admin_user)
    answer = client.post("/admin/brains/modelpreset/deactivate/")
    assert (answer.status_code, lacking(answer)) == (403, [])


def test_a_locked_out_sign_in_has_them():
    client, fields = Client(), {"username": "ann", "password": "wrong"}
    for _ in range(settings.AXES_FAILURE_LIMIT):
        answer = client.post("/admin/login/", fields)
    assert (answer.status_code, lacking(answer)) == (429, [])


@pytest.mark.parametrize("path", ["aura/aura.css", "admin/js/core.js", "nothing.css"])
def test_static_files_have_them(client, path):
    answer = client.get(f"/static/{path}")
    assert answer.status_code == (404 if path == "nothing.css" else 200)
    assert lacking(answer) == []


def test_the_way_to_https_has_them(client, settings):
    settings.SECURE_SSL_REDIRECT = True
    answer = client.get("/", headers={"host": "localhost"})
    assert (answer.status_code, lacking(answer)) == (301, [])
