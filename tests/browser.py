"""Chromium for tests: the one of this machine, without a window, and a tab that keeps all
that a page complains of."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import (
    Browser,
    ConsoleMessage,
    Page,
    Response,
    StorageState,
    sync_playwright,
)

from tests.server import AuraServer

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PLACES = (
    Path("/usr/bin/chromium"),
    Path("/Applications/Chromium.app/Contents/MacOS/Chromium"),
    Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"),
)
HOW_TO_GET = (
    "Chromium was not found. Install it (Debian: `apt-get install chromium`, macOS: "
    "`brew install --cask chromium`), then repeat."
)
HEIGHT = 720
TIMEOUT_MS = 10_000


class ChromiumMissing(RuntimeError):
    """There is no Chromium on this machine; the message says how to get one."""


def find_chromium() -> Path:
    """Return the browser. Raises ChromiumMissing."""
    in_path = [Path(found) for name in NAMES if (found := shutil.which(name))]
    for place in (*in_path, *PLACES):
        if os.access(place, os.X_OK):
            return place
    raise ChromiumMissing(HOW_TO_GET)


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start the browser, and end it."""
    path = find_chromium()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path)
        try:
            yield browser
        finally:
            browser.close()


class Tab:
    """One page. `complaints` has what went wrong in it since it was opened: errors on the
    console (a violated CSP is one), uncaught exceptions, answers with an error status."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.complaints: list[str] = []
        page.set_default_timeout(TIMEOUT_MS)
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self._note(f"uncaught {error}"))
        page.on("response", self._see)

    def visit(self, url: str) -> None:
        """Open an address and wait until all of it is there."""
        self.page.goto(url, wait_until="load")

    def sideways(self) -> int:
        """Return by how many pixels the page is wider than its window."""
        script = "e => e.scrollWidth - e.clientWidth"
        wider: int = self.page.locator("html").evaluate(script)
        return wider

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self._note(message.text)

    def _see(self, response: Response) -> None:
        if response.status >= 400:
            self._note(f"{response.status} for {response.url}")

    def _note(self, what: str) -> None:
        self.complaints.append(f"{self.page.url}: {what}")


@contextmanager
def tab(
    browser: Browser,
    scheme: str = "light",
    width: int = 1440,
    signed_in: StorageState | None = None,
) -> Iterator[Tab]:
    """Open a tab that prefers `scheme` ("light" or "dark")."""
    context = browser.new_context(
        viewport={"width": width, "height": HEIGHT},
        color_scheme="dark" if scheme == "dark" else "light",
        storage_state=signed_in,
        reduced_motion="reduce",
    )
    try:
        yield Tab(context.new_page())
    finally:
        context.close()


def sign_in(browser: Browser, server: AuraServer) -> StorageState:
    """Sign in as the first admin, as a person would, and return the cookies."""
    return sign_in_as(browser, server.url, "admin", server.password)


def sign_in_as(browser: Browser, url: str, name: str, password: str) -> StorageState:
    """Sign in to the Aura at `url`, and return the cookies."""
    with tab(browser) as opened:
        opened.visit(f"{url}/admin/")
        page = opened.page
        page.get_by_label("Username").fill(name)
        page.get_by_label("Password").fill(password)
        page.get_by_role("button", name="Log in").click()
        page.wait_for_url("**/admin/")
        return page.context.storage_state()
