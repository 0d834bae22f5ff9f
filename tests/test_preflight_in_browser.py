"""The check of models in Chromium: seen while it goes on, and Activate goes through it."""

import pytest

from tests import scenes
from tests.browser import sign_in, tab
from tests.server import AuraServer
from tests.upstream import FakeUpstream

pytestmark = pytest.mark.slow

LIST = "/admin/brains/modelpreset/"
HAIKU = "anthropic/claude-3-haiku"  # Budget's L2
OPUS = "anthropic/claude-3-opus"  # Performance's L2
# A page that is about to go cannot be looked at: the button itself notes how it was.
NOTE_CHANGES = """button => new MutationObserver(() => {
  sessionStorage.noted = `${button.value} ${button.disabled}`;
}).observe(button, {attributes: true})"""
# As when one comes back to the page: it looks at once, not in some seconds.
LOOK = "document.dispatchEvent(new Event('visibilitychange'))"
SONNET = "anthropic/claude-3.5-sonnet"  # Hybrid's L2


@pytest.fixture(scope="module")
def provider():
    with FakeUpstream() as upstream:
        yield upstream


@pytest.fixture(scope="module")
def scene(browser, provider):
    """Aura that asks models first, before a provider that can be steered."""
    environment = {
        "OPENROUTER_BASE_URL": provider.url,
        "OPENROUTER_API_KEY": "tests-only",
        "AURA_LOCAL_BASE_URL": provider.url,
        "AURA_PREFLIGHT": "on",
    }
    with AuraServer(environment) as server:
        yield scenes.Scene(server, sign_in(browser, server))


def questions(provider):
    """What models were asked; the status page looks at lists of models meanwhile."""
    return [request for request in provider.requests if request.model]


def test_a_check_is_seen_while_it_goes_on_and_lets_activate_through(
    browser, scene, provider
):
    provider.reset()
    provider.script(HAIKU, latency_s=2.0, times=1)
    with tab(browser, signed_in=scene.signed_in) as opened:
        page = opened.page
        opened.visit(scene.server.url + LIST)
        page.get_by_role("link", name="Activate Budget").click()
        page.get_by_text("Not asked in the last ten minutes.").wait_for()
        page.get_by_role("button", name="Check these models").click()
        page.get_by_text("Asking …").wait_for()
        assert page.get_by_role("button", name="Checking…").is_disabled()
        assert page.get_by_role("button", name="Activate Budget").is_disabled()
        findings = page.locator("#preflight-findings")
        findings.locator("tr", has_text="L1").get_by_text("Answers").wait_for()
        assert findings.locator("tr", has_text="L2").get_by_text("Asked").is_visible()
        page.get_by_text("All models answer.").wait_for()
        assert len(questions(provider)) == 8
        assert page.get_by_role("button", name="Check these models").is_enabled()

        for width in (390, 1280):
            page.set_viewport_size({"width": width, "height": 720})
            assert opened.sideways() == 0, width
        page.get_by_role("button", name="Activate Budget").click()
        page.get_by_text("Budget is live as revision").first.wait_for()
        assert len(questions(provider)) == 8, "it was asked again"
        assert opened.complaints == []


def test_a_canary_waits_for_its_check_and_its_page_keeps_itself_fresh(
    browser, scene, provider
):
    provider.reset()
    provider.script(OPUS, latency_s=1.0, times=1)
    scene.server.manage("activate_preset", "Default", "--force", "--reason=tests")
    with tab(browser, signed_in=scene.signed_in) as opened:
        page = opened.page
        opened.visit(scene.server.url + LIST)
        page.get_by_role("link", name="Canary… Performance").click()
        page.get_by_text("The start asks by itself").wait_for()
        start = page.get_by_role("button", name="Start the canary of Performance")
        start.evaluate(NOTE_CHANGES)
        start.click()
        page.get_by_text("Asking …").wait_for()
        assert page.get_by_role("button", name="Start anyway").is_disabled()
        page.get_by_text("Performance takes 10 % of the calls").wait_for()
        assert page.evaluate("sessionStorage.noted") == "Starting… true"
        assert len(questions(provider)) == 8, "it was asked again"

        page.get_by_label("Percent of the calls").fill("33")
        scene.server.manage("canary", "change", "--percent=25")
        page.evaluate(LOOK)
        page.get_by_text("Performance takes 25 % of the calls").wait_for()
        assert page.get_by_label("Percent of the calls").input_value() == "33"
        scene.server.manage("canary", "abort")
        page.evaluate(LOOK)
        page.get_by_text("Every call goes to what is live.").wait_for()
        assert opened.complaints == []


def test_activate_asks_by_itself_and_stays_when_a_model_fails(browser, scene, provider):
    provider.reset()
    nasty = "<img src=x onerror=alert(1)>"
    provider.script(SONNET, status=404, body={"error": {"message": nasty}})
    with tab(browser, "dark", width=390, signed_in=scene.signed_in) as opened:
        page = opened.page
        opened.visit(scene.server.url + LIST)
        page.get_by_role("link", name="Activate Hybrid").click()
        page.get_by_role("button", name="Activate Hybrid").click()
        page.get_by_text("This cannot be activated as it is.").wait_for()
        assert page.get_by_text(nasty).is_visible(), "its words are text"
        assert opened.sideways() == 0

        page.get_by_label("Reason").fill("it will be back")
        page.get_by_role("button", name="Activate anyway").click()
        page.get_by_text("Hybrid is live as revision").first.wait_for()
        opened.visit(scene.server.url + "/admin/brains/activation/")
        assert page.get_by_text("past the check of its models").first.is_visible()
        assert opened.complaints == []


def test_an_edit_of_the_live_preset_shows_its_check_and_is_saved(
    browser, scene, provider
):
    provider.reset()
    provider.script("test/new", latency_s=2.0, times=1)
    provider.script("test/gone", status=404)
    scene.server.manage("activate_preset", "All-DeepSeek", "--force", "--reason=tests")
    with tab(browser, width=390, signed_in=scene.signed_in) as opened:
        page = opened.page
        opened.visit(scene.server.url + LIST)
        page.locator("a.aura-name", has_text="All-DeepSeek").click()
        page.get_by_label("L2 model").fill("test/gone")
        page.get_by_role("button", name="Save", exact=True).click()
        page.get_by_text("This cannot be saved as it is.").wait_for()
        assert page.get_by_text("OpenRouter answered 404").is_visible()
        assert opened.sideways() == 0

        page.get_by_label("L2 model").fill("test/new")
        page.get_by_role("button", name="Save and continue editing").click()
        page.get_by_text("Asking …").wait_for()
        assert page.get_by_role("button", name="Checking…").is_disabled()
        assert page.get_by_role("button", name="Save", exact=True).is_disabled()
        findings = page.locator("#preflight-findings")
        findings.locator("tr", has_text="L1").get_by_text("Answers").wait_for()
        assert findings.locator("tr", has_text="L2").get_by_text("Asked").is_visible()
        page.get_by_text("was changed successfully").wait_for()
        assert page.get_by_label("L2 model").input_value() == "test/new"

        asked = len(questions(provider))
        page.get_by_label("Description").fill("for the night")
        page.get_by_role("button", name="Save", exact=True).click()
        page.get_by_text("was changed successfully").wait_for()
        assert len(questions(provider)) == asked, "it was asked for a description"

        page.locator("a.aura-name", has_text="All-DeepSeek").click()
        page.get_by_label("L2 model").fill("test/gone")
        page.get_by_label("Save anyway").check()
        page.get_by_label("Why").fill("it will be back")
        page.get_by_role("button", name="Save", exact=True).click()
        page.get_by_text("was changed successfully").wait_for()
        assert len(questions(provider)) == asked, "it was asked though forced"
        assert opened.complaints == []
