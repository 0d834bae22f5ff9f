"""The playground as a person has it in a tab: says something, reads the panes."""

import re
from dataclasses import dataclass

from playwright.sync_api import Locator

from tests.browser import Tab

SPOKEN_MS = 90_000
# Notes on each turn which pane had words first, from the mutations in their order.
WATCH = """
new MutationObserver((records) => {
  for (const { target } of records) {
    const voice = (target.closest ? target : target.parentElement)?.closest(".voice");
    const pane = voice?.closest(".instinct, .reply")?.classList[1];
    const words = voice?.querySelector(".text")?.textContent;
    if (!pane || !words || voice.classList.contains("silent")) continue;
    const turn = voice.closest(".turn");
    turn.order ??= [];
    if (!turn.order.includes(pane)) turn.order.push(pane);
  }
}).observe(document, { subtree: true, childList: true, characterData: true });
"""


@dataclass(frozen=True)
class Seen:
    """What a turn shows once its reply is there. `order` is which of the panes `instinct`
    and `reply` had words first; `insights` are sentences, each with where it is from."""

    number: str
    instinct: str
    reply: str
    stamps: str
    order: list[str]
    recalled: list[str]
    insights: list[str]


class Playground:
    """One tab with the playground."""

    def __init__(self, opened: Tab, url: str) -> None:
        self.tab, self.page, self._url = opened, opened.page, url
        self.page.add_init_script(WATCH)

    def open(self, query: str = "") -> None:
        """Begin a conversation, or what the address's query says."""
        self.tab.visit(f"{self._url}/playground/{query}")

    @property
    def turn(self) -> Locator:
        """The newest turn."""
        return self.page.locator(".turn").last

    def send(self, message: str) -> None:
        """Say something with the keyboard alone."""
        self.page.get_by_label("Message", exact=True).fill(message)
        self.page.keyboard.press("Enter")
        self.turn.get_by_text(message, exact=True).first.wait_for()

    def say(self, message: str) -> Seen:
        """Say something, wait for the whole reply, and return what there is to see."""
        self.send(message)
        self.rest()
        return self.seen()

    def rest(self) -> None:
        """Wait until all has been said."""
        self.page.locator(".turn[aria-busy]").wait_for(
            state="detached", timeout=SPOKEN_MS
        )

    def seen(self) -> Seen:
        """Return what the newest turn shows, and what stands beside it."""
        turn = self.turn
        return Seen(
            number=turn.locator(".number").inner_text(),
            instinct=self.words("instinct"),
            reply=self.words("reply"),
            stamps=turn.locator(".reply .stamps").first.inner_text(),
            order=turn.evaluate("turn => turn.order ?? []"),
            recalled=self.page.locator("#recalled p").all_inner_texts(),
            insights=self.page.locator("#used li").all_inner_texts(),
        )

    def words(self, pane: str) -> str:
        """Return what a pane of the newest turn says, "" where it says why it says nothing."""
        voice = self.turn.locator(f".{pane} .voice").first
        is_silent = "silent" in (voice.get_attribute("class") or "")
        text = voice.locator(".text").text_content() or ""
        return "" if is_silent else text

    def wait_for_reflection(self, timeout_ms: int) -> str:
        """Wait until L2 has thought the newest turn over, and return what it made of it."""
        made = self.turn.locator(".reflection .made li").first
        made.wait_for(timeout=timeout_ms)
        return self.turn.locator(".reflection .made").inner_text()

    def conversation(self) -> str:
        """Return the id in the address."""
        match = re.search(r"conversation=([0-9a-f-]{36})", self.page.url)
        assert match, self.page.url
        return match[1]
