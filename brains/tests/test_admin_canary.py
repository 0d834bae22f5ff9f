"""A canary in the admin: asked first, changed by POST only, by those who may, and told
exactly."""

from decimal import Decimal
from html import unescape

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse

from brains import activation
from brains.activation import Author
from brains.canary import changes as canary_changes
from brains.canary import rows as canaries
from brains.canary.models import Canary
from brains.tests.cataloguing import listed, providers, read
from brains.tests.records import preset, revisions
from brains.tests.status_reader import words
from providers.registry import Registry
from providers.shipped import local, offline, openrouter

pytestmark = pytest.mark.django_db
LIST = reverse("admin:brains_modelpreset_changelist")
PAGE = reverse("admin:brains_modelpreset_canary")
BOB = Author("bob")
STEPS = ("promote", "percent", "abort")


@pytest.fixture(autouse=True)
def _rungs(settings):
    settings.AURA_ENV_RUNG, settings.AURA_DOTENV_RUNG = {}, {}


@pytest.fixture
def canary(budget, hybrid):
    """Hybrid is live as revision 1, Budget is tried on 10 %."""
    activation.activate(hybrid, BOB)
    return canary_changes.start(budget, Decimal(10), BOB)


def start_url(name):
    return reverse("admin:brains_modelpreset_canary_start", args=[preset(name).pk])


def step_url(step):
    return reverse("admin:brains_modelpreset_canary_step", args=[step])


def take(client, step, canary, **data):
    return client.post(step_url(step), {"canary": canary.pk, **data}, follow=True)


def told(response):
    return [str(message) for message in response.context["messages"]]


def seen(response):
    return words(response.content.decode())


def member(*codenames):
    user = User.objects.create_user("member", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    client = Client()
    client.force_login(user)
    return client


def test_the_question_says_what_it_would_cost_and_what_is_not_listed(
    admin_client, hybrid, settings
):
    settings.AURA_PREFLIGHT, settings.AURA_PROVIDERS = True, providers()
    prices = {
        "anthropic/claude-3.5-sonnet": "0.000003",
        "anthropic/claude-3-opus": "0.1",
    }
    read(*(listed(name, price=(usd, usd)) for name, usd in prices.items()))
    activation.activate(hybrid, BOB)
    page = seen(admin_client.get(start_url("Performance")))
    assert "What it would mean for every call" in page
    assert "L2 would cost " in page
    assert "no longer listed" in page
    assert "The start asks by itself" in page


def test_what_of_the_candidate_cannot_answer_is_said_of_its_side(
    admin_client, canary, settings
):
    three = (openrouter("", ""), local("", "", "", {}), offline("", ""))
    settings.AURA_PROVIDERS = Registry({p.name: p for p in three})
    page = seen(admin_client.get(PAGE))
    assert "On the candidate's side L1, L2, L3 and Embedding cannot answer" in unescape(
        page
    )


def test_a_canary_is_started_from_its_form(admin_client, hybrid):
    activation.activate(hybrid, BOB)
    form = admin_client.get(start_url("Budget")).context["form"]
    assert form["percent"].value() == "10"
    data = {
        "percent": "12,5",
        "reason": "cheaper",
        "opened_at": form["opened_at"].value(),
    }

    response = admin_client.post(start_url("Budget"), data, follow=True)

    assert told(response) == ["Budget now takes 12.5 % of the calls."]
    assert response.redirect_chain == [(PAGE, 302)]
    row = canaries.running()
    assert row is not None
    assert (row.percent, row.reason) == (Decimal("12.5"), "cheaper")
    assert (row.started_by_name, str(row.started_by)) == ("admin", "admin")


def test_the_question_shows_both_sides_and_what_to_mind(admin_client, hybrid):
    activation.activate(hybrid, BOB)
    page = seen(admin_client.get(start_url("Budget")))
    assert "Budget would serve a share of the calls while Hybrid goes on" in page
    assert "google/gemma-7b-it" in page and "local/phi-3-mini-4k" in page
    assert "by the user of a request, else by its API key" in page
    assert "vectors of two models" not in page


def test_other_vectors_are_said_to_stay(admin_client, hybrid):
    activation.activate(hybrid, BOB)
    sentence = "Embeddings all stay with Hybrid: vectors of two models cannot"
    assert sentence in seen(admin_client.get(start_url("Offline")))
    canary_changes.start(preset("Offline"), Decimal(10), BOB)
    assert sentence in seen(admin_client.get(PAGE))


def test_a_candidate_that_serves_the_same_is_pointed_out(admin_client):
    page = seen(admin_client.get(start_url("Default")))
    assert "Both sides would be served by the same models." in page


def test_what_is_live_has_no_form(admin_client, hybrid):
    activation.activate(hybrid, BOB)
    page = seen(admin_client.get(start_url("Hybrid")))
    assert "there is nothing to try" in page and "Percent" not in page
    response = admin_client.post(start_url("Hybrid"), {"percent": "10"}, follow=True)
    assert told(response) == [
        "Hybrid is live: there is nothing to try. Nothing was changed."
    ]
    assert not Canary.objects.exists()


@pytest.mark.parametrize("percent", ["", "x", "0", "101", "10.3", "NaN"])
def test_a_percentage_that_is_none_is_refused_beside_its_field(admin_client, percent):
    response = admin_client.post(start_url("Budget"), {"percent": percent})
    assert response.status_code == 200
    assert response.context["form"].errors["percent"]
    assert not Canary.objects.exists()


def test_an_edit_meanwhile_asks_again(admin_client):
    data = {"percent": "10", "opened_at": "2026-01-01T00:00:00+00:00"}
    response = admin_client.post(start_url("Budget"), data, follow=True)
    assert response.redirect_chain == [(start_url("Budget"), 302)]
    assert "was changed by somebody else" in told(response)[0]
    assert not Canary.objects.exists()


def test_a_preset_that_is_gone_leads_to_the_list(admin_client):
    url = reverse("admin:brains_modelpreset_canary_start", args=[999])
    response = admin_client.get(url, follow=True)
    assert response.redirect_chain == [(LIST, 302)]
    assert "gone" in told(response)[0]


def test_while_one_runs_the_form_leads_to_it(admin_client, canary):
    response = admin_client.get(start_url("Offline"), follow=True)
    assert response.redirect_chain == [(PAGE, 302)]
    assert told(response) == ["Budget is tried already."]


def test_the_page_says_who_is_tried_beside_whom(admin_client, canary):
    page = seen(admin_client.get(PAGE))
    assert "Budget takes 10 % of the calls" in page
    assert "The rest go to Hybrid, live as revision 1." in page
    assert "Control: Hybrid, 90 % Candidate: Budget, 10 %" in page
    assert "was edited since" not in page


def test_the_page_says_when_the_candidate_was_edited_since(admin_client, canary):
    budget = preset("Budget")
    budget.l1_model = "new/model"
    activation.save_preset(budget, BOB)
    page = seen(admin_client.get(PAGE))
    assert "Budget was edited since. It is tried, and would be promoted, as it was" in (
        page
    )


def test_one_click_promotes(admin_client, canary):
    response = take(admin_client, "promote", canary)
    assert told(response) == [
        "Budget is live for every call as revision 2, replacing Hybrid."
    ]
    assert response.redirect_chain == [(LIST, 302)]
    assert revisions()[-1] == (2, "activate", "Budget")
    assert canaries.running() is None


def test_one_click_aborts(admin_client, canary):
    response = take(admin_client, "abort", canary)
    assert told(response) == [
        "The canary of Budget was aborted: every call goes to what is live."
    ]
    assert canaries.running() is None and len(revisions()) == 1


def test_the_percentage_is_changed_and_its_steps_are_shown(admin_client, canary):
    response = take(admin_client, "percent", canary, percent="25")
    assert told(response) == ["Budget takes 25 % of the calls from now on."]
    page = seen(response)
    assert "Budget takes 25 % of the calls" in page
    assert "10 % since" in page and "25 % since" in page and "by admin" in page


def test_a_percentage_that_is_none_changes_nothing(admin_client, canary):
    response = take(admin_client, "percent", canary, percent="200")
    assert told(response) == [
        "A percentage is from 0.5 to 100, in whole or half steps. Nothing was changed."
    ]
    canary.refresh_from_db()
    assert canary.percent == 10


@pytest.mark.parametrize("step", STEPS)
def test_a_click_on_a_canary_that_is_over_changes_nothing(admin_client, canary, step):
    canary_changes.abort(BOB)
    response = take(admin_client, step, canary, percent="50")
    assert told(response) == ["No canary runs. Nothing was changed."]
    assert len(revisions()) == 1


@pytest.mark.parametrize("step", STEPS)
def test_a_click_that_names_no_canary_changes_nothing(admin_client, canary, step):
    response = admin_client.post(step_url(step), {"percent": "50"}, follow=True)
    assert "is over" in told(response)[0]
    canary.refresh_from_db()
    assert (canary.how, canary.percent) == ("", 10)


def test_an_unknown_step_changes_nothing(admin_client, canary):
    response = take(admin_client, "multiply", canary)
    assert response.redirect_chain == [(PAGE, 302)]
    canary.refresh_from_db()
    assert canary.how == ""


def test_without_a_canary_the_page_says_how_the_last_one_ended(admin_client, canary):
    activation.promote_canary(BOB)
    page = seen(admin_client.get(PAGE))
    assert "Every call goes to what is live." in page
    assert (
        "Budget, with 10 % of the calls: promoted (revision 2) by bob, just now" in page
    )


def test_the_list_says_what_is_tried_and_leads_there(admin_client, canary):
    html = admin_client.get(LIST).content.decode()
    assert "Budget takes 10 % of the calls." in words(html)
    assert "canary 10 % of the calls" in words(html)
    assert f'href="{PAGE}"' in html
    assert f'href="{start_url("Offline")}"' in html
    assert f'href="{start_url("Hybrid")}"' not in html


def test_the_form_of_a_preset_leads_to_its_canary(admin_client, canary):
    url = reverse("admin:brains_modelpreset_change", args=[preset("Offline").pk])
    assert start_url("Offline") in admin_client.get(url).content.decode()


@pytest.mark.parametrize("step", STEPS)
def test_no_step_is_taken_by_get(admin_client, canary, step):
    assert admin_client.get(step_url(step)).status_code == 405
    canary.refresh_from_db()
    assert canary.how == ""


@pytest.mark.parametrize("method", ["put", "patch", "delete"])
def test_other_methods_are_refused(admin_client, budget, method):
    for url in (PAGE, start_url("Budget"), step_url("abort")):
        assert getattr(admin_client, method)(url).status_code == 405


def test_without_a_token_no_step_is_taken(admin_user, canary):
    client = Client(enforce_csrf_checks=True)
    client.force_login(admin_user)
    for url in (*map(step_url, STEPS), start_url("Offline")):
        data = {"canary": canary.pk, "percent": "50"}
        assert client.post(url, data).status_code == 403
    canary.refresh_from_db()
    assert (canary.how, canary.percent) == ("", 10)


@pytest.mark.parametrize(
    "codenames",
    [(), ("view_modelpreset", "change_modelpreset", "confirm_modelpreset")],
)
def test_who_may_not_activate_may_not_touch_it(canary, codenames):
    client = member(*codenames)
    for url in (PAGE, start_url("Offline")):
        assert client.get(url).status_code == 403
    for url in (*map(step_url, STEPS), start_url("Offline")):
        data = {"canary": canary.pk, "percent": "50"}
        assert client.post(url, data).status_code == 403
    canary.refresh_from_db()
    assert (canary.how, canary.percent) == ("", 10)


def test_who_may_activate_may_do_all_of_it(canary):
    client = member("activate_modelpreset")
    assert client.get(PAGE).status_code == 200
    assert take(client, "promote", canary).status_code == 200
    assert revisions()[-1] == (2, "activate", "Budget")


def test_strangers_are_sent_to_sign_in(client, canary):
    for url in (PAGE, start_url("Offline")):
        assert client.get(url).status_code == 302
    assert client.post(step_url("abort"), {"canary": canary.pk}).status_code == 302
    canary.refresh_from_db()
    assert canary.how == ""
