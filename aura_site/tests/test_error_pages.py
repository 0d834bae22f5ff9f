"""What people see when a page fails."""

import pytest
from django.db import DataError, InterfaceError, OperationalError
from django.test import Client, RequestFactory

from aura_site.error_pages import failed


@pytest.fixture
def client() -> Client:
    return Client(raise_request_exception=False)


def failing(monkeypatch, error):
    def fail(*args: object) -> None:
        raise error

    monkeypatch.setattr("brains.status._look", fail)


@pytest.mark.parametrize(
    "error", [OperationalError("canary"), InterfaceError("canary")]
)
def test_a_database_that_is_away_is_a_503_that_says_so(client, monkeypatch, error):
    failing(monkeypatch, error)
    answer = client.get("/")
    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    assert b"Database away" in answer.content
    assert b"canary" not in answer.content


def test_a_database_that_is_busy_is_not_said_to_be_away(client, monkeypatch):
    failing(monkeypatch, OperationalError("database is locked"))
    answer = client.get("/")
    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    assert b"Database busy" in answer.content


BAD_PATTERN = OperationalError("user-defined function raised exception")


@pytest.mark.parametrize("error", [BAD_PATTERN, DataError("canary")])
def test_a_value_that_the_database_refuses_is_the_address_s_fault(
    client, monkeypatch, error
):
    failing(monkeypatch, error)
    answer = client.get("/")
    assert answer.status_code == 400
    assert b"Not understood" in answer.content
    assert b"canary" not in answer.content


def test_a_value_that_we_gave_the_database_ourselves_is_our_own_fault():
    request = RequestFactory().post("/")
    try:
        raise DataError("canary")
    except DataError:
        assert failed(request).status_code == 500


def test_any_other_failure_is_a_500_that_tells_nothing(client, monkeypatch):
    failing(monkeypatch, RuntimeError("canary"))
    answer = client.get("/")
    assert answer.status_code == 500
    assert b"Aura failed" in answer.content
    assert b"canary" not in answer.content


def test_a_page_that_is_not_there_leads_back(client):
    answer = client.get("/nowhere/")
    assert answer.status_code == 404
    assert b'href="/"' in answer.content
