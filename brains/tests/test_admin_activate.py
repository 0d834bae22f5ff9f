"""Activating and deactivating in the admin: asked first, by POST only, and told exactly."""

import re

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from brains import activation
from brains.activation import Author
from brains.models import Activation, ModelPreset
from brains.tests.operators import answer, fields_of, member, told

pytestmark = pytest.mark.django_db
LIST = reverse("admin:brains_modelpreset_changelist")
DEACTIVATE = reverse("admin:brains_modelpreset_deactivate")
BOB = Author("bob")


@pytest.fixture(autouse=True)
def _rungs(settings):
    settings.AURA_ENV_RUNG, settings.AURA_DOTENV_RUNG = {}, {}


def preset(name):
    return ModelPreset.objects.get(name=name)


def url_of(name):
    return reverse("admin:brains_modelpreset_activate", args=[preset(name).pk])


def revisions():
    rows = Activation.objects.order_by("revision")
    return [(row.revision, row.action, row.preset_name, row.by_name) for row in rows]


def test_activating_makes_a_revision_and_says_what_it_replaced(admin_client):
    activation.activate(preset("Default"), BOB)

    response = answer(admin_client, url_of("Budget"), reason="night costs")

    assert told(response) == ["Budget is live as revision 2, replacing Default."]
    assert revisions()[-1] == (2, "activate", "Budget", "admin")
    newest = Activation.objects.get(revision=2)
    assert newest.reason == "night costs" and str(newest.by) == "admin"


def test_the_first_activation_says_that_nothing_was_live(admin_client):
    assert told(answer(admin_client, url_of("Budget"))) == [
        "Budget is live as revision 1; no preset was live before."
    ]


def test_the_question_shows_the_change_layer_by_layer(admin_client):
    activation.activate(preset("Hybrid"), BOB)

    html = admin_client.get(url_of("Budget")).content.decode().replace("<wbr>", "")

    assert "Budget would replace Hybrid. 3 values would change." in html
    rows = re.findall(r'<tr class="aura-(\w+)">(.*?)</tr>', html, re.DOTALL)
    assert [kind for kind, _ in rows] == ["changed"] * 3 + ["unchanged"] * 2
    first = rows[0][1]
    assert first.index("local/phi-3-mini-4k") < first.index("google/gemma-7b-it")
    assert "from preset Hybrid" in first and "from preset Budget" in first
    assert 'value="Activate Budget"' in html


def test_asking_changes_nothing(admin_client):
    for url in (url_of("Budget"), DEACTIVATE):
        for call in (admin_client.get, admin_client.head):
            assert call(url).status_code == 200

    assert revisions() == []


@pytest.mark.parametrize("method", ["put", "patch", "delete", "options"])
def test_other_methods_are_refused(admin_client, method):
    response = getattr(admin_client, method)(url_of("Budget"))

    assert response.status_code == 405
    assert revisions() == []


def test_activating_what_is_live_changes_nothing(admin_client):
    data = fields_of(admin_client.get(url_of("Budget")))
    admin_client.post(url_of("Budget"), data)

    response = admin_client.post(url_of("Budget"), data, follow=True)

    assert "Budget is already live as revision 1; nothing changed." in told(response)
    assert len(revisions()) == 1


def test_the_question_about_what_is_live_has_no_button(admin_client):
    activation.activate(preset("Budget"), BOB)

    html = admin_client.get(url_of("Budget")).content.decode()

    assert "Budget is already live as revision 1, as it is saved now." in html
    assert 'type="submit" class="default"' not in html


def test_the_second_of_two_is_told_whom_it_replaced(admin_client):
    activation.activate(preset("Default"), BOB)
    data = fields_of(admin_client.get(url_of("Budget")))
    activation.activate(preset("Performance"), BOB)

    response = admin_client.post(url_of("Budget"), data, follow=True)

    assert told(response) == [
        "bob activated Performance (revision 2) meanwhile; "
        "Budget has replaced it as revision 3."
    ]
    assert [row[2] for row in revisions()] == ["Default", "Performance", "Budget"]


@pytest.mark.fault("D6")
def test_a_preset_edited_since_the_question_is_asked_about_again(admin_client):
    data = fields_of(admin_client.get(url_of("Budget")))
    edited = preset("Budget")
    edited.l1_model = "other/model"
    activation.save_preset(edited, BOB)

    response = admin_client.post(url_of("Budget"), data, follow=True)

    assert "Budget was edited after you opened this page" in told(response)[0]
    assert "other/" in response.content.decode()
    assert revisions() == []


def test_a_preset_deleted_since_the_question_is_told(admin_client):
    url = url_of("Budget")
    activation.delete_presets([preset("Budget")])

    response = admin_client.post(url, {}, follow=True)

    assert told(response) == ["That preset is gone. Choose one that is in the list."]


def test_a_preset_deleted_in_the_last_moment_is_told(admin_client):
    budget, data = preset("Budget"), fields_of(admin_client.get(url_of("Budget")))

    def delete_at_the_lock(execute, sql, params, many, context):
        if "brains_changecounter" in sql:
            ModelPreset.objects.filter(pk=budget.pk).delete()
        return execute(sql, params, many, context)

    with connection.execute_wrapper(delete_at_the_lock):
        response = admin_client.post(url_of("Budget"), data)

    (message,) = told(admin_client.get(response.url))
    assert message == "Budget was deleted by somebody else. Nothing changed."
    assert revisions() == []


def test_a_live_preset_that_was_saved_past_the_history_can_be_activated(admin_client):
    activation.activate(preset("Budget"), BOB)
    ModelPreset.objects.filter(name="Budget").update(l1_model="other/model")

    asked = admin_client.get(url_of("Budget")).content.decode()
    response = answer(admin_client, url_of("Budget"))

    assert "Budget is live, but not as it is saved now. 1 value would change." in asked
    assert told(response) == ["Budget is live as revision 2, as it is saved now."]


def test_a_reason_that_is_too_long_is_refused_beside_its_field(admin_client):
    data = fields_of(admin_client.get(url_of("Budget"))) | {"reason": "x" * 501}

    response = admin_client.post(url_of("Budget"), data)

    assert response.status_code == 200
    assert "at most 500 characters" in response.content.decode()
    assert revisions() == []


def test_the_question_warns_of_a_provider_that_is_not_set_up(admin_client, settings):
    assert settings.AURA_PROVIDERS["openrouter"].needs_key
    html = admin_client.get(url_of("Offline")).content.decode()

    assert "OPENROUTER_API_KEY" not in html
    assert "Vectors stored until now cannot be compared" in html
    if settings.AURA_PROVIDERS["openrouter"].problem:
        html = admin_client.get(url_of("Hybrid")).content.decode()
        assert "Then L2, L3 and Embedding cannot answer." in html


def test_deactivating_lets_no_preset_be_live(admin_client):
    activation.activate(preset("Budget"), BOB)

    response = answer(admin_client, DEACTIVATE, reason="back to basics")

    assert told(response) == [
        "Budget is no longer live. Since revision 2 every value comes from the "
        "environment, .env or the built-in defaults."
    ]
    assert revisions()[-1] == (2, "deactivate", None, "admin")


def test_deactivating_what_somebody_else_activated_is_told(admin_client):
    activation.activate(preset("Budget"), BOB)
    data = fields_of(admin_client.get(DEACTIVATE))
    activation.activate(preset("Hybrid"), BOB)

    response = admin_client.post(DEACTIVATE, data, follow=True)

    assert told(response) == [
        "bob activated Hybrid (revision 2) meanwhile; revision 3 has deactivated it."
    ]


def test_deactivating_nothing_changes_nothing(admin_client):
    assert b"There is nothing to deactivate." in admin_client.get(DEACTIVATE).content

    response = admin_client.post(DEACTIVATE, {}, follow=True)

    assert told(response) == ["No preset is live; nothing changed."]
    assert revisions() == []


def select(client, action, *names):
    ids = [preset(name).pk for name in names]
    data = {"action": action, "_selected_action": ids}
    return client.post(LIST, data, follow=True)


def test_the_list_action_asks_about_the_selected_preset(admin_client):
    response = select(admin_client, "activate_selected", "Budget")

    assert response.redirect_chain == [(url_of("Budget"), 302)]
    assert revisions() == []


def test_the_list_action_wants_one_preset(admin_client):
    response = select(admin_client, "activate_selected", "Budget", "Hybrid")

    assert told(response) == ["Only one preset can be live: select one, then Activate."]


def test_the_list_action_deactivates_the_live_one_only(admin_client):
    activation.activate(preset("Budget"), BOB)

    asked = select(admin_client, "deactivate_selected", "Budget", "Hybrid")
    refused = select(admin_client, "deactivate_selected", "Hybrid")

    assert asked.redirect_chain == [(DEACTIVATE, 302)]
    assert told(refused) == ["None of the selected presets is live; nothing changed."]


@pytest.mark.parametrize(
    ("codenames", "status"),
    [
        ((), 403),
        (("view_modelpreset",), 403),
        (("view_modelpreset", "change_modelpreset", "add_modelpreset"), 403),
        (("activate_modelpreset",), 302),
    ],
)
def test_only_the_permission_to_activate_activates(codenames, status):
    client = member(*codenames)

    for url in (url_of("Budget"), DEACTIVATE):
        assert client.post(url, {}).status_code == status
        assert client.get(url).status_code == (200 if status == 302 else 403)
    assert bool(revisions()) == (status == 302)


def test_strangers_are_sent_to_the_login(client):
    response = client.post(url_of("Budget"), {})

    assert response.url.startswith("/admin/login/")
    assert revisions() == []


def test_a_post_without_the_csrf_token_is_refused(admin_user):
    client = Client(enforce_csrf_checks=True)
    client.force_login(admin_user)

    assert client.post(url_of("Budget"), {}).status_code == 403
    assert client.post(DEACTIVATE, {}).status_code == 403
    assert revisions() == []
