"""Model ids complete in Chromium as one types, with price and context beside each; what a
provider writes into its list is text; and without an answer the form is what it was."""

from contextlib import ExitStack

import pytest

from providers.tests.catalogue import Catalogue, model
from tests.browser import sign_in, tab
from tests.server import AuraServer

pytestmark = pytest.mark.slow

ADD = "/admin/brains/modelpreset/add/"
XSS = "<img src=x onerror=alert(1)><script>alert(2)</script>"
MODELS = [
    model("anthropic/claude-sonnet-5", "0.000002", "0.00001", context_length=1_000_000),
    model("anthropic/claude-opus-5", name=XSS),
    model("deepseek/deepseek-chat"),
]


@pytest.fixture(scope="module")
def server():
    """Aura that has read the list of a provider, which is away by now."""
    with ExitStack() as open_servers:
        with Catalogue() as provider:
            provider.pages["/v1/models"] = MODELS
            environment = {
                "OPENROUTER_BASE_URL": provider.url,
                "OPENROUTER_API_KEY": "tests-only",
            }
            aura = open_servers.enter_context(AuraServer(environment, workers=1))
            aura.manage("refresh_catalogue", "openrouter")
        yield aura


@pytest.fixture(scope="module")
def signed_in(browser, server):
    return sign_in(browser, server)


@pytest.fixture(scope="module")
def opened(browser, signed_in):
    """A tab: to open one takes longer than most that is done in it."""
    with tab(browser, signed_in=signed_in) as opened:
        opened.page.on("dialog", lambda dialog: opened.complaints.append("dialog"))
        yield opened


@pytest.fixture
def form(opened, server):
    """A form for a new preset, opened; in the end the page has complained of nothing."""
    opened.complaints.clear()
    opened.visit(server.url + ADD)
    yield opened.page
    assert opened.complaints == []


def test_a_model_is_found_and_taken_by_keyboard_alone(form):
    field = form.get_by_label("L1 model")
    field.press_sequentially("sonnet")
    option = form.get_by_role("option")
    option.get_by_text(
        "$2.00 in, $10.00 out per million tokens · 1M context"
    ).wait_for()

    field.press("ArrowDown")
    assert option.get_attribute("aria-selected") == "true"
    assert field.get_attribute("aria-activedescendant") == option.get_attribute("id")
    field.press("Enter")

    assert field.input_value() == "anthropic/claude-sonnet-5"
    assert form.url.endswith(ADD), "Enter sent the form"
    assert form.get_by_role("option").count() == 0


def test_a_model_is_taken_by_a_click(form):
    form.get_by_label("L2 model").press_sequentially("deepseek")
    form.get_by_role("option", name="deepseek/deepseek-chat").click()

    assert form.get_by_label("L2 model").input_value() == "deepseek/deepseek-chat"


def test_of_a_list_of_fallbacks_the_last_is_completed(form):
    field = form.get_by_label("L3 fallback")
    field.fill("deepseek/deepseek-chat, ")
    field.press_sequentially("sonn")
    form.get_by_role("option", name="anthropic/claude-sonnet-5").click()

    assert field.input_value() == "deepseek/deepseek-chat, anthropic/claude-sonnet-5"


def test_what_is_gone_is_said_beside_the_field_and_goes_when_it_is_mended(form):
    field, beside = form.get_by_label("L1 model"), form.locator("#id_l1_model_helptext")
    field.fill("anthropic/claude-sonnet-3")
    beside.get_by_text("is not listed; nearest: anthropic/claude-sonnet-5").wait_for()

    field.fill("anthropic/claude-sonnet-5")
    beside.get_by_text("is not listed").wait_for(state="detached")


def test_what_is_half_typed_is_judged_when_the_field_is_left(form):
    field, beside = form.get_by_label("L1 model"), form.locator("#id_l1_model_helptext")
    field.press_sequentially("anthropic/claude")
    form.get_by_role("option").first.wait_for()
    assert "not listed" not in beside.inner_text()

    field.press("Tab")
    beside.get_by_text("anthropic/claude is not listed; nearest: ").wait_for()


def test_escape_closes_the_list_and_keeps_what_was_typed(form):
    field = form.get_by_label("L1 model")
    field.press_sequentially("a")
    form.get_by_role("option").first.wait_for()
    field.press("Escape")

    assert form.get_by_role("option").count() == 0 and field.input_value() == "a"


def test_markup_in_a_name_is_shown_as_text(form):
    form.get_by_label("L1 model").press_sequentially("opus")

    form.get_by_role("option").get_by_text(XSS).wait_for()
    assert form.locator("img[src=x]").count() == 0


def test_a_form_without_an_answer_takes_what_is_typed(browser, server, signed_in):
    with tab(browser, signed_in=signed_in) as opened:
        page = opened.page
        page.route("**/models/?*", lambda route: route.abort())
        opened.visit(server.url + ADD)
        page.locator("#id_name").fill("Typed")
        page.get_by_label("L1 model").fill("any/thing")
        page.get_by_role("button", name="Save", exact=True).click()
        page.get_by_text("was added successfully").wait_for()


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 390)])
def test_the_list_fits_its_window(browser, server, signed_in, scheme, width):
    with tab(browser, scheme, width, signed_in) as opened:
        opened.visit(server.url + ADD)
        opened.page.get_by_label("L1 model").press_sequentially("a")
        opened.page.get_by_role("option").first.wait_for()

        assert opened.sideways() == 0 and opened.complaints == []
