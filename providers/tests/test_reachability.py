"""Whether a provider answers and takes our key, asked for real."""

import http.server
import threading
from collections.abc import Iterator

import pytest

from providers.reachability import Reach, State, check
from providers.registry import Provider
from providers.shipped import local, named, openrouter
from tests.ports import free_port

KEY = "sk-provider-canary"


class Server:
    """A server that answers every GET with one status, and remembers what it heard."""

    def __init__(self) -> None:
        self.status, self.location = 200, ""
        self.heard: list[tuple[str, str]] = []
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.heard.append((self.path, self.headers.get("Authorization", "")))
                self.send_response(outer.status)
                if outer.location:
                    self.send_header("Location", outer.location)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *args: object) -> None:
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/v1"
        threading.Thread(
            target=self._server.serve_forever, args=(0.01,), daemon=True
        ).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    yield server
    server.close()


@pytest.fixture
def provider(server: Server) -> Provider:
    return named("groq", server.url, KEY)


def test_provider_that_answers_its_models_with_our_key(server, provider):
    assert check(provider) == Reach(State.ANSWERS, 200)
    assert server.heard == [("/v1/models", f"Bearer {KEY}")]


def test_openrouter_is_asked_about_its_key_as_its_models_are_open_to_all(server):
    check(openrouter(server.url, KEY))
    assert server.heard == [("/v1/key", f"Bearer {KEY}")]


@pytest.mark.parametrize(
    ("status", "state"),
    [
        (401, State.KEY_REFUSED),
        (403, State.KEY_REFUSED),
        (404, State.ANSWERS),
        (429, State.ANSWERS),
        (500, State.FAILING),
        (503, State.FAILING),
    ],
)
def test_status_says_what_is_wrong(server, provider, status, state):
    server.status = status
    assert check(provider) == Reach(state, status)


def test_server_that_is_not_there_is_not_reached():
    assert check(local(f"http://127.0.0.1:{free_port()}/v1", "", "", {})) == Reach(
        State.UNREACHABLE
    )


def test_provider_that_is_not_set_up_is_not_asked(server):
    assert check(named("groq", server.url, "")) == Reach(State.NOT_SET_UP)
    assert server.heard == []


def test_redirect_is_not_followed(server, provider):
    trap = Server()
    server.status, server.location = 302, trap.url
    try:
        assert check(provider).state is State.ANSWERS
        assert trap.heard == []
    finally:
        trap.close()


def test_netrc_and_proxy_variables_neither_replace_nor_leak_the_key(
    server, provider, tmp_path, monkeypatch
):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login thief password stolen\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{free_port()}")
    monkeypatch.setenv("NO_PROXY", "")
    assert check(provider).state is State.ANSWERS
    assert server.heard == [("/v1/models", f"Bearer {KEY}")]
