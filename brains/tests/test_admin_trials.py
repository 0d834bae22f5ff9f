"""Activating for some minutes in the admin: a bar says how long still and lets operators
confirm or revert what it names, and nothing else."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from brains import activation
from brains.activation import Author
from brains.models import Activation
from brains.tests.operators import answer, fields_of, member, read, told, undo_of
from brains.tests.records import ANN, newest, preset, revisions, trial_end
from brains.wording import exact

pytestmark = pytest.mark.django_db
LIST = reverse("admin:brains_modelpreset_changelist")
CONFIRM = reverse("admin:brains_activation_confirm")
REVERT = reverse("admin:brains_activation_revert")
BOB = Author("bob")
MINUTES = timedelta(minutes=15)
EVERYWHERE = (
    "/",
    reverse("admin:index"),
    LIST,
    reverse("admin:brains_activation_changelist"),
    reverse("admin:password_change"),
)


def url_of(name):
    return reverse("admin:brains_modelpreset_activate", args=[preset(name).pk])


def tried(name="Budget", before="Default"):
    """Let a preset be live on trial, after another one that was for good."""
    if before:
        activation.activate(preset(before), ANN)
    activation.activate(preset(name), ANN, trial=MINUTES)
    return newest()


def bar_of(response):
    found = re.search(
        r'<section class="trial".*?</section>', response.content.decode(), re.S
    )
    return found[0] if found else ""


def press(client, url, revision, **more):
    return client.post(url, {"revision": revision, **more}, follow=True)


def test_a_preset_is_activated_for_some_minutes(admin_client):
    activation.activate(preset("Default"), BOB)

    response = answer(admin_client, url_of("Budget"), minutes="15", reason="a try")

    row = newest()
    assert row.is_on_trial and row.returns_to == 1
    assert MINUTES - timedelta(seconds=5) < trial_end() - row.created_at <= MINUTES
    assert told(response) == [
        "Budget is live as revision 2, replacing Default. It is on trial until "
        f"{exact(trial_end())}; then revision 1 (Default) comes back."
    ]


def test_for_good_is_what_the_question_proposes(admin_client):
    response = admin_client.get(url_of("Budget"))
    html = response.content.decode()

    assert re.findall(r'name="minutes" value="(\d*)"[^>]*checked', html) == [""]
    assert re.findall(r'name="minutes" value="(\d*)"', html) == ["", "5", "15", "60"]
    assert "unless somebody presses Confirm" in read(response)
    answer(admin_client, url_of("Budget"))
    assert not newest().is_on_trial


def test_another_number_of_minutes_is_refused_beside_its_field(admin_client):
    data = fields_of(admin_client.get(url_of("Budget"))) | {"minutes": "9000"}

    response = admin_client.post(url_of("Budget"), data)

    assert "9000 is not one of the available choices" in read(response)
    assert revisions() == []


def test_deactivating_is_for_good(admin_client):
    activation.activate(preset("Budget"), ANN)
    response = admin_client.get(reverse("admin:brains_modelpreset_deactivate"))
    assert "minutes" not in response.context["form"].fields


@pytest.mark.parametrize("url", EVERYWHERE)
def test_a_bar_on_every_page_says_how_long_and_what_comes_back(admin_client, url):
    tried()

    bar = bar_of(admin_client.get(url))
    text = " ".join(re.sub("<[^>]+>", " ", bar).split())

    assert text.startswith(f"◔ Budget is on trial : until {exact(trial_end())} ,")
    assert "then revision 1 (Default) comes back. Confirm Revert now" in text
    left = re.search(r'data-left="(\d+)"', bar)
    assert left and 890 <= int(left[1]) <= 900


@pytest.mark.parametrize("url", EVERYWHERE)
def test_without_a_trial_there_is_no_bar(admin_client, url):
    activation.activate(preset("Budget"), ANN)
    assert bar_of(admin_client.get(url)) == ""


def test_figures_that_move_are_not_read_out(admin_client):
    tried()
    moving = re.search(r'<span class="trial-left"[^>]*>', bar_of(admin_client.get("/")))
    assert moving and 'aria-hidden="true"' in moving[0]


def test_the_first_change_of_all_goes_back_to_no_preset(admin_client):
    tried(before=None)
    assert "then no preset is live." in read(admin_client.get(LIST))
    press(admin_client, REVERT, 1)
    assert revisions()[-1] == (2, "roll_back", None)


def test_visitors_see_no_bar_on_the_status_page(client):
    tried()
    response = client.get("/")
    assert bar_of(response) == "" and "trial.js" not in response.content.decode()


def test_the_part_of_the_status_page_that_changes_has_the_bar(admin_client):
    tried()
    bar = bar_of(admin_client.get("/?fragment=1"))
    assert 'name="back" value="/"' in bar and 'data-same="2"' in bar


def test_confirming_lets_it_stay_and_leads_back_to_the_page(admin_client):
    tried()

    response = press(admin_client, CONFIRM, 2, back=LIST)

    assert response.redirect_chain == [(LIST, 302)]
    assert told(response) == ["Budget is confirmed: it stays live, as revision 3."]
    assert undo_of(response) is None, "going back to the trial would change nothing"
    assert revisions()[-1] == (3, "confirm", "Budget")
    assert newest().by_name == "admin" and not newest().is_on_trial


def test_reverting_goes_back_at_once(admin_client):
    tried()

    response = press(admin_client, REVERT, 2, back="/")

    assert revisions()[-1] == (3, "roll_back", "Default")
    assert "Revision 2 is no longer on trial. Default is live as revision 3." in read(
        response
    )
    assert bar_of(response) == ""


def test_confirming_what_is_no_longer_live_confirms_nothing_else(admin_client):
    tried()
    activation.activate(preset("Hybrid"), BOB, trial=MINUTES)

    response = press(admin_client, CONFIRM, 2)

    assert told(response) == [
        "Nothing was confirmed. Revision 2 is no longer on trial. "
        "Hybrid is live as revision 3."
    ]
    assert newest().is_on_trial and len(revisions()) == 3


def test_reverting_what_is_no_longer_live_reverts_nothing_else(admin_client):
    tried()
    activation.confirm(BOB)

    response = press(admin_client, REVERT, 2)

    assert told(response)[0].startswith("Nothing was reverted. Revision 2 is no longer")
    assert len(revisions()) == 3


def test_a_way_back_that_is_gone_is_told(admin_client):
    tried()
    Activation.objects.filter(revision=1).delete()

    response = press(admin_client, REVERT, 2)

    assert told(response) == ["There is no revision 1. Nothing changed."]
    assert newest().is_on_trial


@pytest.mark.parametrize("revision", ["", "x", "-1", "9" * 5000, None])
def test_a_button_that_names_no_revision_changes_nothing(admin_client, revision):
    tried()
    data = {} if revision is None else {"revision": revision}
    for url in (CONFIRM, REVERT):
        assert admin_client.post(url, data).status_code == 302
    assert len(revisions()) == 2


@pytest.mark.parametrize(
    "back", ["https://evil.example/", "//evil.example", "javascript:alert(1)", ""]
)
def test_the_buttons_lead_to_no_other_site(admin_client, back):
    tried()
    response = admin_client.post(CONFIRM, {"revision": 2, "back": back})
    assert response.url == reverse("admin:index")


def test_each_button_is_there_for_those_who_may_press_it():
    tried()
    buttons = {
        ("view_modelpreset",): [],
        ("confirm_modelpreset",): ["Confirm"],
        ("roll_back_modelpreset",): ["Revert now"],
    }
    for codenames, expected in buttons.items():
        client = member(*codenames, name=codenames[0])
        bar = bar_of(client.get(reverse("admin:index")))
        assert bar, "the bar itself is for all who may see the admin"
        assert re.findall(r"<button[^>]*>([^<]+)<", bar) == expected


@pytest.mark.parametrize("url", [CONFIRM, REVERT])
def test_the_buttons_act_by_post_and_with_a_token_only(admin_client, admin_user, url):
    tried()
    assert admin_client.get(url).status_code == 405
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(admin_user)
    assert strict.post(url, {"revision": 2}).status_code == 403
    assert len(revisions()) == 2


def test_an_edit_of_what_is_on_trial_is_told_with_its_way_back(admin_client):
    tried()
    url = reverse("admin:brains_modelpreset_change", args=[preset("Budget").pk])
    form = admin_client.get(url).context["adminform"].form
    data = {name: form[name].value() or "" for name in form.fields}

    response = admin_client.post(url, data | {"l1_model": "new/model"}, follow=True)

    assert "Budget is live: saved as revision 3." in told(response)
    assert undo_of(response) == reverse("admin:brains_activation_roll_back", args=[2])
    assert "Budget is on trial" in read(response)
