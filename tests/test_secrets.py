"""Secrets and prompts stay where they are: after every page was opened, every kind of failure
was had, with DEBUG off and on, none of them is found in anything that left the process."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import pytest
import requests

from aura_site.tests.addresses import addresses
from tests.ports import free_port
from tests.server import AuraServer
from tests.upstream import FakeUpstream
from tests.waiting import wait_until

pytestmark = pytest.mark.slow

KEYS = {
    name: f"sk-or-{name.lower()}-5ecret-0123456789"
    for name in ("OPENROUTER_API_KEY", "AURA_LOCAL_API_KEY", "AURA_GROQ_API_KEY")
}
OURS = {
    "SECRET_KEY": "5ecret-signs-sessions-0123456789-0123456789",
    "AURA_WEBHOOK_SECRET": "whsec_NXZlY3JldC13ZWJob29r",
}
IN_ADDRESSES = {
    "AURA_WEBHOOK_URL": "http://127.0.0.1:{port}/hook/5ecret-webhook-path",
    "EMAIL_URL": "smtp://mailer:5ecret-mail-password@127.0.0.1:{port}",
    "AURA_OFFLINE_CHAT_URL": "http://user:5ecret-in-base-url@127.0.0.1:{port}/v1",
}
SECRETS = [
    *(*KEYS.values(), *OURS.values()),
    *("5ecret-webhook-path", "5ecret-mail-password", "5ecret-in-base-url"),
    *("tests-only-key-of-more-than-32", "tests-only-password"),
]
PROMPTS = ["prompt-of-a-person", "says hello to a person", "a-person-s-own-name"]
# Who serves each layer, and the key that it gets.
SERVED = {
    "a": KEYS["AURA_GROQ_API_KEY"],
    "b": KEYS["AURA_LOCAL_API_KEY"],
    "anthropic/c": KEYS["OPENROUTER_API_KEY"],
    "openai/d": KEYS["OPENROUTER_API_KEY"],
}


def tell(upstream: FakeUpstream, kind: int, *, prompts: str = "") -> None:
    """Let every model answer with the key that it was called with, and the prompt."""
    for model, key in SERVED.items():
        upstream.script(model, **tales(f"{key} {prompts}")[kind])


def tales(told: str) -> list[dict[str, Any]]:
    """Return the ways in which a provider may tell something."""
    return [
        {"status": 401, "body": {"error": {"message": f"Incorrect API key: {told}"}}},
        {"status": 400, "body": {"error": {"message": told, "code": [told]}}},
        {"status": 429, "body": told.encode(), "headers": {"Retry-After": "1"}},
        {"status": 500, "body": f"<html>{told}".encode(), "headers": {"X-Key": told}},
        {"status": 307, "headers": {"Location": f"http://127.0.0.1:1/?key={told}"}},
        {"body": {"error": {"message": told}}},
        {"body": f"<html>{told}".encode()},
        {"raw": f'data: {{"error": {{"message": "{told}"}}}}\n\n'.encode()},
        {"raw": f"data: {told}\n\n".encode()},
        {"drop_after": 1},
        {},
    ]


class Seen:
    """All that came out of a server, as it was told to whom."""

    def __init__(self, server: AuraServer) -> None:
        self.server = server
        self.texts: dict[str, bytes] = {}

    def keep(self, name: str, answer: requests.Response) -> requests.Response:
        headers = "".join(f"{k}: {v}\n" for k, v in answer.headers.items())
        self.texts[name] = headers.encode() + answer.content
        return answer

    def everything(self) -> Iterator[tuple[str, bytes]]:
        """Yield it, the log and each file of the data folder, but .env."""
        yield from self.texts.items()
        for file in self.server.data.rglob("*"):
            if file.is_file() and file.name != ".env" and "static" not in file.parts:
                yield str(file.relative_to(self.server.data)), file.read_bytes()

    def places_of(self, text: str) -> list[str]:
        return [name for name, told in self.everything() if text.encode() in told]


@pytest.fixture(scope="module")
def upstream():
    with FakeUpstream() as upstream:
        yield upstream


@contextmanager
def aura(upstream: FakeUpstream, debug: str) -> Iterator[AuraServer]:
    port = str(free_port())
    server = AuraServer(
        {**KEYS, **OURS, **{k: v.format(port=port) for k, v in IN_ADDRESSES.items()}}
        | {
            "DEBUG": debug,
            "LOG_LEVEL": "DEBUG",
            "AURA_PREFLIGHT": "on",
            "OPENROUTER_BASE_URL": upstream.url,
            "AURA_LOCAL_BASE_URL": upstream.url,
            "AURA_PROVIDERS": "groq",
            "AURA_GROQ_BASE_URL": upstream.url,
            "AURA_L1_MODEL": "groq/a",
            "AURA_L2_MODEL": "local/b",
            "AURA_EMBEDDING_MODEL": "openai/d",
        },
        workers=1,
    )
    server.dotenv.write_text(
        f"AURA_L3_MODEL=anthropic/c\n{KEYS['AURA_GROQ_API_KEY']}\n"
    )
    with server:
        yield server


def call_models(seen: Seen, upstream: FakeUpstream) -> None:
    """Have every failure of each layer, plain and streamed."""
    bearer = {"Authorization": f"Bearer {seen.server.key}"}
    message = {"role": "user", "content": PROMPTS[0], "name": PROMPTS[2]}
    for kind in range(len(tales(""))):
        tell(upstream, kind, prompts=" ".join(PROMPTS))
        for layer in ("l1", "l2", "l3", "embedding"):
            path = "embeddings" if layer == "embedding" else "chat/completions"
            body = {"model": f"aura/{layer}", "user": PROMPTS[2]}
            body |= {"input": PROMPTS[0]} if layer == "embedding" else {}
            for stream in (False, True):
                answer = requests.post(
                    f"{seen.server.url}/v1/{path}",
                    json=body | {"messages": [message], "stream": stream},
                    headers=bearer,
                    timeout=20,
                )
                seen.keep(f"call {kind} {layer} {stream}", answer)
    tell(upstream, 0)
    for path in ("/v1/models", "/metrics", "/health", "/openapi.json", "/v1/no"):
        for headers in (bearer, {"Authorization": "Bearer wrong"}):
            answer = requests.get(seen.server.url + path, headers=headers, timeout=20)
            seen.keep(f"{path} {headers['Authorization'][-5:]}", answer)


def sign_in(server: AuraServer) -> requests.Session:
    session = requests.Session()
    login = f"{server.url}/admin/login/"
    session.get(login, timeout=20)
    fields = {"username": "admin", "password": server.password}
    assert post(session, login, fields).url.endswith("/admin/login/") is False
    return session


def post(session: requests.Session, url: str, fields=None) -> requests.Response:
    token = session.cookies["csrftoken"]
    data = {**(fields or {}), "csrfmiddlewaretoken": token}
    return session.post(url, data=data, headers={"Referer": url}, timeout=30)


def open_pages(seen: Seen) -> None:
    """Open every page, let a check fail, and ask for what is not there."""
    url, session = seen.server.url, sign_in(seen.server)
    pages = f"{url}/admin/brains/modelpreset/"
    for page in ("1/preflight/", "1/activate/", "1/canary/"):
        seen.keep(f"POST {page}", post(session, pages + page, {"percent": "5"}))
    forced = {"force": "1", "reason": "it must be"}
    seen.keep("forced", post(session, f"{pages}2/activate/", forced))
    for page in addresses():
        if not page.startswith("/admin/logout"):
            seen.keep(page, session.get(url + page, timeout=30))
    for host in ("evil.example", "localhost"):
        for page in ("/", "/admin/", "/nowhere/", "/api/presets", "/admin/nowhere/"):
            headers = {"Host": host}
            answer = session.get(url + page, headers=headers, timeout=30)
            seen.keep(f"{page} of {host}", answer)
    for command in ("show_selection", "export_presets", "check"):
        seen.texts[command] = seen.server.manage(command).encode()


def break_the_database(seen: Seen, session: requests.Session) -> requests.Response:
    """Take away the table of checks, and ask for one: a failure with our objects at hand."""
    with closing(sqlite3.connect(seen.server.data / "aura.sqlite3")) as database:
        database.execute("ALTER TABLE brains_preflight RENAME TO gone")
    url = f"{seen.server.url}/admin/brains/modelpreset/3/preflight/"
    return seen.keep("failed", post(session, url))


@pytest.mark.fault("W7")
@pytest.mark.fault("W13")
@pytest.mark.parametrize("debug", ["false", "true"])
def test_no_secret_and_no_prompt_leaves_the_process(upstream, debug, measured):
    with aura(upstream, debug) as server:
        seen = Seen(server)
        call_models(seen, upstream)
        session = sign_in(server)
        open_pages(seen)
        failed = break_the_database(seen, session)
        assert failed.status_code == (500 if debug == "true" else 503)
        assert ("Traceback" in failed.text) is (debug == "true")
        wait_until(lambda: seen.places_of("groq/a"), "the calls on record")
        assert "Using model: " in server.log()
        found = {text: seen.places_of(text) for text in (*SECRETS, *PROMPTS)}
        for text in PROMPTS:
            # Who sent it may hear of it again.
            found[text] = [p for p in found[text] if not p.startswith("call ")]
        assert {text: places for text, places in found.items() if places} == {}
        size = sum(len(told) for _, told in seen.everything())
        measured(
            f"DEBUG {debug}: {len(SECRETS)} secrets and {len(PROMPTS)} prompts in 0 of "
            f"{size // 1024:,} KiB: {len(seen.texts)} answers, log, database, copies"
        )
        assert len(seen.texts) > 150
