"""While the database is silent nothing waits for it, and pages say so."""

import pytest

from aura_site.database_away import give_up_when_silent, is_silent
from aura_site.postgresql.base import DatabaseWrapper


def test_no_command_gives_up():
    assert not is_silent() and not DatabaseWrapper.is_silent()


class Silent:
    """A watcher whose database does not answer."""

    trouble = ""

    def is_connected(self):
        return False


@pytest.fixture
def silence(monkeypatch):
    monkeypatch.setattr("aura_site.database_away.watcher.running", Silent)


@pytest.mark.usefixtures("silence")
def test_a_worker_gives_up(monkeypatch):
    monkeypatch.setattr(DatabaseWrapper, "is_silent", staticmethod(lambda: False))
    give_up_when_silent()
    assert DatabaseWrapper.is_silent()


@pytest.mark.usefixtures("silence")
@pytest.mark.parametrize("path", ["/admin/", "/admin/login/", "/nothing"])
def test_a_page_that_needs_the_database_is_503_at_once(client, path):
    answer = client.get(path)
    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    assert "Database away" in answer.content.decode()
    assert "Content-Security-Policy" in answer


@pytest.mark.usefixtures("silence")
def test_a_script_is_told_so_in_json(client):
    answer = client.get("/api/presets")
    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    assert answer.json()["error"]["code"] == "unavailable"


@pytest.mark.usefixtures("silence")
@pytest.mark.parametrize("path", ["/", "/status/", "/static/aura/aura.css"])
def test_a_page_that_stands_without_it_stands(client, path):
    assert client.get(path).status_code in (200, 304, 404)
