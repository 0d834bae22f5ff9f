"""The playground in Chromium, as people have it: what is said and when, side by side, a stop,
failures in words, and no markup of a model that runs."""

import pytest
import requests

from tests import scenes
from tests.browser import sign_in, tab
from tests.playground import Playground
from tests.server import AuraServer
from tests.upstream import FakeUpstream
from tests.upstream.bodies import spoken
from tests.waiting import wait_until

pytestmark = pytest.mark.slow

L1, L3 = "mistralai/mistral-7b-instruct", "deepseek/deepseek-chat"
OTHER_L3 = "google/gemini-flash-1.5"
VECTORS = "openai/text-embedding-3-small"
MARKUP = "<script>alert(1)</script><img src=x onerror=alert(2)><b>bold</b>"


@pytest.fixture(scope="module")
def models():
    with FakeUpstream() as upstream:
        yield upstream


@pytest.fixture(scope="module")
def scene(browser, models):
    environment = {"OPENROUTER_BASE_URL": models.url, "OPENROUTER_API_KEY": "tests"}
    with AuraServer(environment) as server:
        yield scenes.Scene(server, sign_in(browser, server))


@pytest.fixture
def playground(browser, scene, models):
    models.reset()
    with tab(browser, signed_in=scene.signed_in) as opened:
        room = Playground(opened, scene.server.url)
        room.open()
        yield room


def test_a_message_is_thought_before_ones_eyes(playground, models):
    # By then the door's view is over, whose thread the recall must not need.
    models.script(VECTORS, latency_s=0.2)
    seen = playground.say("Hello")
    assert seen.order == ["instinct", "reply"]
    assert seen.instinct.startswith(f"{L1} says hello")
    assert seen.reply.startswith(f"{L3} says hello")
    for stamp in ("No preset · revision 0", "first token", "7 tokens in, 3 out", "$"):
        assert stamp in seen.stamps
    assert seen.number == "Turn 1"

    page = playground.page
    page.keyboard.type("And")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("more?")
    page.keyboard.press("Enter")  # the focus has stayed in the box
    playground.rest()
    assert playground.turn.locator(".message").inner_text() == "And\nmore?"
    assert playground.seen().number == "Turn 2"

    playground.open(f"?conversation={playground.conversation()}")
    assert page.locator(".turn").count() == 2
    assert playground.seen().reply == seen.reply
    for width in (390, 1440):
        page.set_viewport_size({"width": width, "height": 720})
        assert playground.tab.sideways() == 0, width
    assert playground.tab.complaints == []


def test_another_preset_thinks_one_turn_and_is_not_activated(playground):
    playground.page.get_by_label("Preset, this turn only").select_option("Budget")
    assert "Budget" in playground.say("Hello").stamps
    assert "No preset" in playground.say("And now?").stamps


def test_two_presets_are_compared_and_one_is_preferred(playground):
    page = playground.page
    page.get_by_role("checkbox", name="Side by side").check()
    page.get_by_label("Right, not kept").select_option("Budget")
    playground.send("Hello")
    playground.rest()
    replies = playground.turn.locator(".reply .voice")
    assert [replies.nth(i).locator(".model").inner_text() for i in (0, 1)] == [
        L3,
        OTHER_L3,
    ]
    page.get_by_role("button", name="the right one").click()
    page.get_by_text("Kept. Budget 1 · no preset 0 · neither 0").wait_for()
    page.get_by_role("button", name="neither").click()
    page.get_by_text("Kept. Budget 0 · no preset 0 · neither 1").wait_for()

    playground.open(f"?conversation={playground.conversation()}")
    assert page.locator(".turn .reply .voice").count() == 1
    assert page.locator("#tally").inner_text() == "Budget 0 · no preset 0 · neither 1"
    assert playground.tab.complaints == []


@pytest.fixture
def canary(scene):
    """Budget is tried on every call, and all workers know it."""
    scene.server.manage("canary", "start", "Budget", "--percent=100", "--no-check")
    wait_until(lambda: is_told(scene) == {True}, "the canary on all workers")
    yield
    scene.server.manage("canary", "abort")
    wait_until(lambda: is_told(scene) == {False}, "no canary on any worker")


def is_told(scene):
    """Return what workers say of whether a canary runs."""
    reports = [requests.get(f"{scene.server.url}/health", timeout=10) for _ in range(8)]
    return {bool(report.json().get("canary")) for report in reports}


@pytest.mark.usefixtures("canary")
def test_a_canary_is_named_and_its_turns_say_so(playground):
    page = playground.page
    live = page.get_by_label("Preset, this turn only").locator("option").first
    assert live.inner_text().strip() == (
        "What is live (no preset, canary Budget 100 %)"
    )
    seen = playground.say("Hello")
    assert seen.stamps.startswith("Budget · canary · revision 0")
    assert headings(playground)[:2] == ["google/gemma-7b-it", OTHER_L3]

    playground.open(f"?conversation={playground.conversation()}")
    assert playground.seen().stamps.startswith("Budget · canary · revision 0")
    page.get_by_label("Preset, this turn only").select_option("Performance")
    assert "canary" not in playground.say("And now?").stamps
    assert playground.tab.complaints == []


def headings(playground):
    """Return the models in the headings of the newest turn, in their order."""
    return playground.turn.locator(".model").all_inner_texts()


def test_a_side_that_fails_says_so_and_waits_for_nothing(playground, models):
    page = playground.page
    page.get_by_role("checkbox", name="Side by side").check()
    page.get_by_label("Right, not kept").select_option("Budget")
    models.script(OTHER_L3, status=500)
    playground.send("Hello")
    playground.rest()
    right = playground.turn.locator(".reply .voice").nth(1)
    for sentence in ("The right side failed.", "500", "Retry says it once more"):
        assert sentence in right.locator(".wrong").inner_text()
    assert right.locator(".stamps").inner_text() == "Budget · revision 0"
    assert headings(playground)[:4] == [L1, "google/gemma-7b-it", L3, OTHER_L3]
    assert playground.turn.locator(".instinct .waiting, .reply .waiting").count() == 0
    assert "the right side did not" in playground.turn.locator("footer").inner_text()
    assert not playground.turn.locator(".vote").is_visible()

    models.reset()
    models.script(L3, status=500)
    playground.send("And now?")
    playground.rest()
    wrong = playground.turn.locator(".reply .voice").first.locator(".wrong")
    assert "The left side failed." in wrong.inner_text()
    assert headings(playground)[2:4] == [L3, OTHER_L3]
    assert playground.turn.locator(".waiting").count() == 0


def test_earlier_conversations_follow_what_is_said(playground):
    page = playground.page
    playground.say("The first talk")
    first = page.locator("#earlier li").first
    first.get_by_role("link", name="The first talk").wait_for()
    one = playground.conversation()
    playground.open()
    playground.say("The second talk")
    first.get_by_role("link", name="The second talk").wait_for()
    playground.open(f"?conversation={one}")
    playground.say("More of the first")
    first.get_by_text("2 turns").wait_for()
    assert first.get_by_role("link").inner_text() == "The first talk"
    assert first.get_by_role("link").get_attribute("aria-current") == "page"
    assert playground.tab.complaints == []


def test_presets_that_cannot_answer_are_marked_and_not_sent_to(browser, models):
    embedded = ("AURA_OFFLINE_CHAT_URL", "AURA_OFFLINE_EMBEDDING_URL")
    with AuraServer(dict.fromkeys(embedded, models.url)) as server:
        signed_in = sign_in(browser, server)
        server.manage("activate_preset", "Offline", "--force", "--reason=no key")
        with tab(browser, signed_in=signed_in) as opened:
            room, page = Playground(opened, server.url), opened.page
            room.open()
            budget = page.locator("#left option", has_text="Budget")
            assert budget.inner_text() == "Budget – no key for OpenRouter"
            assert budget.is_disabled()
            assert page.get_by_text("5 presets cannot answer here").is_visible()
            alone = page.get_by_text("No second preset can answer here, so")
            assert not alone.is_visible()
            page.get_by_role("checkbox", name="Side by side").check()
            assert "set OPENROUTER_API_KEY and restart" in alone.inner_text()
            page.get_by_label("Message", exact=True).fill("Hello")
            page.keyboard.press("Enter")
            page.get_by_role("alert").get_by_text("No second preset can").wait_for()

            room.open("?preset=budget")
            assert "It cannot answer as it is: No key" in page.inner_text(".pinned")
            page.get_by_label("Message", exact=True).fill("Hello")
            page.keyboard.press("Enter")
            page.get_by_role("alert").get_by_text("Budget cannot answer").wait_for()
            assert page.inner_text("#lacking").startswith("Budget: No key for Open")
            page.get_by_label("Preset, this turn only").select_option("Offline")
            assert page.inner_text("#lacking") == ""
            assert page.locator(".turn").count() == 0


def test_a_stop_keeps_what_was_said(playground, models):
    models.script(L3, hold_after=1)
    playground.send("Tell me all")
    wait_until(lambda: playground.words("reply"), "a first word")
    playground.page.keyboard.press("Escape")
    playground.page.get_by_text("The reply was stopped before its end.").wait_for()
    playground.rest()
    assert playground.page.get_by_label("Message", exact=True).evaluate(
        "box => box === document.activeElement"
    )
    models.reset()
    assert playground.say("Go on").number == "Turn 2"

    playground.open(f"?conversation={playground.conversation()}")
    first = playground.page.locator(".turn").first
    assert first.locator(".reply .text").inner_text() == f"{L3} says hello"
    assert "first token" in first.locator(".reply .stamps").inner_text()
    assert playground.tab.complaints == []


def test_markup_of_a_model_is_shown_as_text(playground, models):
    dialogs = []

    def opened(dialog):
        dialogs.append(dialog.message)
        dialog.dismiss()

    playground.page.on("dialog", opened)
    models.script(L1, raw=spoken(MARKUP[:20], MARKUP[20:]))
    models.script(L3, raw=spoken(MARKUP[:40], MARKUP[40:]))
    seen = playground.say(MARKUP)
    assert (seen.instinct, seen.reply) == (MARKUP, MARKUP)
    assert "2 out" in seen.stamps
    playground.open(f"?conversation={playground.conversation()}")
    assert playground.turn.locator(".reply .text").inner_text() == MARKUP
    assert playground.turn.locator(".message").inner_text() == MARKUP
    assert dialogs == []
    assert playground.tab.complaints == []  # a violated policy would be one


def test_a_failure_is_said_in_words_and_retried(playground, models):
    models.script(L3, status=429)
    playground.send("Hello")
    playground.turn.get_by_text("answers 429 as scripted").wait_for()
    playground.rest()
    assert playground.turn.locator(".number").inner_text() == "Not kept"
    assert "The reply failed." in playground.turn.locator(".reply .wrong").inner_text()
    assert headings(playground) == [L1, L3, ""]
    assert playground.turn.locator(".waiting").count() == 0
    models.reset()
    playground.turn.get_by_role("button", name="Retry").click()
    playground.page.locator(".turn").nth(1).wait_for()
    playground.rest()
    assert playground.seen().number == "Turn 1"


def test_who_is_signed_out_meanwhile_is_told_where_to_go_on(playground):
    playground.page.context.clear_cookies(name="sessionid")
    playground.send("Hello")
    playground.turn.get_by_text("You are signed out.").wait_for()
    link = playground.turn.get_by_role("link", name="Sign in again")
    assert link.get_attribute("href") == "/admin/login/?next=%2Fplayground%2F"


@pytest.mark.parametrize(
    ("status", "body", "sentence"),
    [
        (503, "<h1>Database away</h1>", "The database does not answer"),
        (403, "<h1>CSRF</h1>", "This page is older than your signing in."),
        (500, "Oh.", "Aura answered 500."),
        (200, ": ping\n\n", "The connection broke off."),
        (0, "", "Aura does not answer."),
    ],
)
def test_what_keeps_aura_from_answering_is_said(playground, status, body, sentence):
    def answer(route):
        route.fulfill(status=status, body=body) if status else route.abort()

    playground.page.route("**/chat/stream", answer)
    playground.send("Hello")
    playground.turn.get_by_text(sentence).wait_for()
    playground.rest()
    assert playground.turn.locator(".waiting").count() == 0
    assert playground.page.get_by_role("button", name="Send").is_visible()
