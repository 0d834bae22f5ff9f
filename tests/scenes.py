"""The states of Aura that pictures show: all well, something to mend, a layer that cannot
answer, the database away, somebody who talks to the mind."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import requests
from playwright.sync_api import Browser, Page, StorageState

from tests.browser import sign_in, tab
from tests.playground import Playground
from tests.postgres import PostgresServer
from tests.server import AuraServer
from tests.upstream import FakeUpstream
from tests.upstream.bodies import said, spoken
from tests.waiting import wait_until

ENOUGH = 8  # requests, so that both workers have answered
CALLED = 60  # calls, so that both sides of a canary have some
REFUSED = {"AURA_L2_MODEL": "https://openrouter.ai/anthropic/claude-3.5-sonnet"}
DOTENV = "AURA_L1_MODEL=mistralai/mistral-small\nAURA_L3_MODEL=openai/gpt-4o-mini\n"
NO_KEY = {
    "AURA_PROVIDERS": "groq",
    "AURA_GROQ_BASE_URL": "https://api.groq.com/openai/v1",
    "AURA_L1_MODEL": "groq/llama-3.1-8b-instant",
}
VECTORS = "openai/text-embedding-3-small"
REPLY = (
    "Mia is your cat: grey, and ",
    "four years old.\n\nYou told me her name ",
    "first.",
)
OTHER_REPLY = ("You have a grey cat, Mia. ", "She is four, Ada.")
INSIGHT = {
    "asked": "What I remember of her cat.",
    "missed": "It did not say whose cat it is.",
    "remember": ["Ada has a grey cat called Mia, four years old"],
    "advice": "Call her Ada, and ask how Mia is.",
}
THINK = (
    "from cognition.reflection import job; from cognition.models import Reflection\n"
    "for one in Reflection.objects.filter(state='waiting'): job.run(one.pk)"
)


@dataclass(frozen=True)
class Scene:
    """An Aura in a certain state, and the cookies of who is signed in to it."""

    server: AuraServer
    signed_in: StorageState


@contextmanager
def good(browser: Browser, upstream: FakeUpstream) -> Iterator[Scene]:
    """All is well, and there is a history."""
    with _aura(upstream, {}) as server:
        signed_in = sign_in(browser, server)
        with tab(browser, signed_in=signed_in) as opened:
            activate(opened.page, server, "Default")
            activate(opened.page, server, "Performance", "demo for the board")
            activate(opened.page, server, "Budget", "night costs")
        _wait_for(server, "Key set, answers.", "2 of 2 workers on revision 3")
        yield Scene(server, signed_in)


@contextmanager
def canary(browser: Browser, upstream: FakeUpstream) -> Iterator[Scene]:
    """Performance is live, Budget is tried, and both have served."""
    upstream.script("google/gemini-flash-1.5", latency_s=0.02)
    upstream.script("anthropic/claude-3.5-sonnet", latency_s=0.08)
    with _aura(upstream, {}) as server:
        signed_in = sign_in(browser, server)
        with tab(browser, signed_in=signed_in) as opened:
            activate(opened.page, server, "Performance", "demo for the board")
        server.manage("canary", "start", "Budget", "--percent=25", "--reason=cheaper")
        _wait_for(server, "Key set, answers.", "25 %")
        for number in range(CALLED):
            ask(server, f"user-{number}")
        yield Scene(server, signed_in)


@contextmanager
def talk(browser: Browser, upstream: FakeUpstream) -> Iterator[Scene]:
    """Budget is live; somebody has talked to it in the playground, and L2 has thought."""
    upstream.script(VECTORS, by_words=True)
    upstream.script("google/gemma-7b-it", raw=spoken("Oh, ", "nice!"))
    upstream.script("mistralai/mistral-7b-instruct", raw=spoken("Mia, ", "the cat!"))
    upstream.script("google/gemini-flash-1.5", raw=spoken(*REPLY))
    upstream.script("anthropic/claude-3.5-sonnet", raw=spoken(*OTHER_REPLY))
    upstream.script("anthropic/claude-3-haiku", body=said(json.dumps(INSIGHT)))
    with _aura(upstream, {}) as server:
        signed_in = sign_in(browser, server)
        with tab(browser, signed_in=signed_in) as opened:
            activate(opened.page, server, "Budget", "night costs")
            playground = Playground(opened, server.url)
            playground.open()
            playground.say("I am Ada, and my cat is called Mia.")
            playground.open()
            playground.say("Mia is a grey cat of four years.")
            server.manage("shell", "-c", THINK)
            playground.say("Is she old?")
            server.manage("shell", "-c", THINK)
        yield Scene(server, signed_in)


def go_on(page: Page) -> None:
    """Open the newest conversation."""
    page.goto(page.locator(".earlier a").first.evaluate("link => link.href"))
    page.locator(".turn").first.wait_for()


def compare(page: Page) -> None:
    """Put two presets side by side, and prefer one."""
    page.get_by_role("checkbox", name="Side by side").check()
    page.get_by_label("Right, not kept").select_option("Performance")
    page.get_by_label("Message", exact=True).fill("What do you know of my cat?")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="the left one").click()
    page.get_by_text("Kept.").wait_for()


def break_down(page: Page) -> None:
    """Say something where no layer can answer, and nothing at all."""
    page.get_by_label("Message", exact=True).fill("Are you there?")
    page.keyboard.press("Enter")
    page.locator(".turn .wrong:visible").first.wait_for()
    page.get_by_role("button", name="Send").click()


def ask(server: AuraServer, user: str) -> None:
    """Stream an answer of L3, as an application does for a user of its own."""
    message = {"role": "user", "content": "hello"}
    body = {"model": "aura/l3", "messages": [message], "user": user, "stream": True}
    requests.post(
        f"{server.url}/v1/chat/completions",
        json=body,
        headers={"Authorization": f"Bearer {server.key}"},
        timeout=10,
    ).raise_for_status()


@contextmanager
def trial(browser: Browser, upstream: FakeUpstream) -> Iterator[Scene]:
    """Budget is on trial, and Default comes back."""
    with _aura(upstream, {}) as server:
        signed_in = sign_in(browser, server)
        with tab(browser, signed_in=signed_in) as opened:
            activate(opened.page, server, "Default")
            activate(opened.page, server, "Budget", "a try", minutes=15)
        _wait_for(server, "Key set, answers.", "2 of 2 workers on revision 2")
        yield Scene(server, signed_in)


@contextmanager
def attention(browser: Browser, upstream: FakeUpstream) -> Iterator[Scene]:
    """A value in the environment was refused; every layer answers."""
    with _aura(upstream, REFUSED) as server:
        signed_in = sign_in(browser, server)
        _wait_for(server, "Key set, answers.", "2 of 2 workers")
        yield Scene(server, signed_in)


@contextmanager
def degraded(browser: Browser, upstream: FakeUpstream) -> Iterator[Scene]:
    """A layer's provider has no key, another one's refuses it, and a value was refused."""
    upstream.script("openai/gpt-4o-mini", status=401)
    with _aura(upstream, REFUSED | NO_KEY) as server:
        signed_in = sign_in(browser, server)
        with tab(browser, signed_in=signed_in) as opened:
            activate(opened.page, server, "Default")
        _wait_for(server, "Key set, answers.", "2 of 2 workers on revision 1")
        yield Scene(server, signed_in)


@contextmanager
def offline(browser: Browser, upstream: FakeUpstream) -> Iterator[Scene]:
    """The database was killed while Budget was live."""
    with (
        PostgresServer() as postgres,
        _aura(upstream, {"DATABASE_URL": postgres.url}) as server,
    ):
        signed_in = sign_in(browser, server)
        with tab(browser, signed_in=signed_in) as opened:
            activate(opened.page, server, "Budget", "night costs")
        _wait_for(server, "Key set, answers.")
        postgres.kill()
        _wait_for(server, "Database away", "See what to mend.")
        yield Scene(server, signed_in)


def activate(
    page: Page, server: AuraServer, name: str, reason: str = "", minutes: int = 0
) -> None:
    """Activate a preset as a person would, for some minutes or for good."""
    page.goto(f"{server.url}/admin/brains/modelpreset/")
    page.get_by_role("link", name=f"Activate {name}").click()
    page.get_by_label("Reason").fill(reason)
    if minutes:
        page.get_by_label(f"For {minutes} minutes").check()
    page.get_by_role("button", name=f"Activate {name}").click()
    page.get_by_text(f"{name} is live as revision").first.wait_for()


@contextmanager
def _aura(
    upstream: FakeUpstream, environment: Mapping[str, str]
) -> Iterator[AuraServer]:
    provider = {"OPENROUTER_BASE_URL": upstream.url, "OPENROUTER_API_KEY": "tests-only"}
    server = AuraServer(provider | dict(environment))
    server.dotenv.write_text(DOTENV)
    with server:
        yield server


def _wait_for(server: AuraServer, *texts: str) -> None:
    """Wait until the status page of every worker has these texts."""

    def everywhere() -> bool:
        pages = (requests.get(server.url, timeout=10).text for _ in range(ENOUGH))
        return all(text in page for page in pages for text in texts)

    wait_until(everywhere, " and ".join(texts), timeout_s=20, every_s=0.1)
