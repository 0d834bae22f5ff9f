"""The pages in Chromium, as people have them: no complaint, nothing wider than the window,
the keyboard is enough, and the status page shows a swap by itself."""

import re

import pytest

from tests import scenes
from tests.browser import (
    ChromiumMissing,
    find_chromium,
    sign_in,
    tab,
)
from tests.server import AuraServer
from tests.upstream import FakeUpstream
from tests.waiting import wait_until

pytestmark = pytest.mark.slow

LIST = "/admin/brains/modelpreset/"
WIDTHS = (390, 1280, 1440)


@pytest.fixture(scope="module")
def scene(browser):
    """Aura before a provider that answers, and an admin who is signed in."""
    with FakeUpstream() as upstream:
        environment = {
            "OPENROUTER_BASE_URL": upstream.url,
            "OPENROUTER_API_KEY": "tests-only",
        }
        with AuraServer(environment) as server:
            yield scenes.Scene(server, sign_in(browser, server))


def test_without_chromium_the_way_to_get_it_is_said(monkeypatch):
    monkeypatch.setattr("tests.browser.shutil.which", lambda name: None)
    monkeypatch.setattr("tests.browser.PLACES", ())
    with pytest.raises(ChromiumMissing, match="apt-get install chromium"):
        find_chromium()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_are_quiet_and_fit_their_window(browser, scene, scheme):
    with tab(browser, scheme, signed_in=scene.signed_in) as opened:
        page = opened.page
        for path in ("/", LIST, "/admin/brains/activation/"):
            opened.visit(scene.server.url + path)
            for width in WIDTHS:
                page.set_viewport_size({"width": width, "height": 720})
                assert opened.sideways() == 0, (path, width)
        scenes.activate(page, scene.server, "Performance")
        scenes.activate(page, scene.server, "Budget")
        assert opened.complaints == []


def test_keyboard_alone_activates_a_preset(browser, scene):
    with tab(browser, signed_in=scene.signed_in) as opened:
        page = opened.page
        opened.visit(scene.server.url + LIST)
        _tab_to(page, "Activate Hybrid")
        page.keyboard.press("Enter")
        page.wait_for_url("**/activate/")
        _tab_to(page, "Activate Hybrid")
        page.keyboard.press("Enter")
        page.get_by_text("Hybrid is live as revision").first.wait_for()


def _tab_to(page, name):
    """Press Tab until the element called `name` has the focus, and see that it shows."""
    target = page.get_by_role("link", name=name).or_(
        page.get_by_role("button", name=name)
    )
    for _ in range(100):
        page.keyboard.press("Tab")
        if target.evaluate("e => e === document.activeElement"):
            break
    assert target.evaluate("e => e.matches(':focus-visible')"), f"no Tab reaches {name}"
    outline = target.evaluate("e => getComputedStyle(e).outlineStyle")
    assert outline != "none", f"{name} does not show its focus"


def test_status_page_shows_a_swap_by_itself(browser, scene):
    scene.server.manage("activate_preset", "Performance")
    with tab(browser) as opened:
        page = opened.page
        opened.visit(scene.server.url)
        page.get_by_text("anthropic/claude-3-opus").wait_for()
        page.evaluate("document.body.dataset.seen = 'yes'")
        scene.server.manage("activate_preset", "Budget")
        page.get_by_text("anthropic/claude-3-haiku").wait_for(timeout=5000)
        assert page.evaluate("document.body.dataset.seen") == "yes", "it was reloaded"
        assert opened.complaints == []


def test_a_trial_counts_down_by_itself_and_is_confirmed(browser, scene):
    scene.server.manage("activate_preset", "Default")
    with tab(browser, signed_in=scene.signed_in) as opened:
        page = opened.page
        opened.visit(scene.server.url)
        scene.server.manage("activate_preset", "Budget", "--minutes", "5")
        page.get_by_text("Budget is on trial").wait_for(timeout=5000)
        left = page.locator(".trial-left")
        wait_until(lambda: left.inner_text().startswith("4:5"), "a first figure")
        left.evaluate("e => e.dataset.seen = 'yes'")
        first = left.inner_text()
        page.wait_for_event("response", lambda answer: "fragment" in answer.url)
        wait_until(lambda: left.inner_text() < first, "a later figure")
        assert left.get_attribute("data-seen") == "yes", (
            "the page's own script stays out"
        )

        _tab_to(page, "Confirm")
        page.keyboard.press("Enter")
        page.get_by_text("Budget is confirmed: it stays live").wait_for()
        assert page.locator(".trial").count() == 0
        assert opened.complaints == []


def test_a_change_is_told_with_its_workers_and_undone(browser, scene):
    scene.server.manage("activate_preset", "Default")
    with tab(browser, signed_in=scene.signed_in) as opened:
        page = opened.page
        scenes.activate(page, scene.server, "Budget")
        told = page.locator(".messagelist").inner_text()
        assert re.search(r"2 of 2 workers on revision \d+, slowest \d\.\d s\.", told)
        page.get_by_role("link", name="Undo").click()
        page.get_by_role("button", name="Go back to revision").click()
        page.get_by_text("(Default) had is live again").wait_for()
        assert opened.complaints == []
