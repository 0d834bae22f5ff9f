"""Deleting presets in the admin: never the live one, and history keeps what it had."""

import pytest
from django.contrib.admin.models import LogEntry
from django.urls import reverse

from brains import activation
from brains.activation import Author
from brains.models import Activation, ModelPreset

pytestmark = pytest.mark.django_db
LIST = reverse("admin:brains_modelpreset_changelist")
REFUSAL = "Budget is live and cannot be deleted. Activate another preset, or deactivate it, first."


def preset(name):
    return ModelPreset.objects.get(name=name)


def url_of(name):
    return reverse("admin:brains_modelpreset_delete", args=[preset(name).pk])


def told(response):
    return [str(message) for message in response.context["messages"]]


def delete_selected(client, *names, **more):
    ids = [preset(name).pk for name in names]
    data = {"action": "delete_selected", "_selected_action": ids, **more}
    return client.post(LIST, data, follow=True)


@pytest.fixture
def _budget_is_live():
    activation.activate(preset("Budget"), Author("bob"))


def test_a_preset_in_the_history_is_deleted_and_its_snapshot_kept(admin_client):
    for name in ("Budget", "Hybrid"):
        activation.activate(preset(name), Author("bob"))

    admin_client.post(url_of("Budget"), {"post": "yes"})

    first = Activation.objects.get(revision=1)
    assert not ModelPreset.objects.filter(name="Budget").exists()
    assert first.preset is None and first.preset_name == "Budget"


@pytest.mark.usefixtures("_budget_is_live")
@pytest.mark.parametrize("method", ["get", "post"])
def test_the_live_preset_is_refused_with_a_sentence(admin_client, method):
    response = getattr(admin_client, method)(
        url_of("Budget"), {"post": "yes"}, follow=True
    )

    assert told(response) == [REFUSAL]
    assert response.redirect_chain[0][0].endswith("/change/")
    assert preset("Budget")


@pytest.mark.usefixtures("_budget_is_live")
@pytest.mark.parametrize("more", [{}, {"post": "yes"}])
def test_the_live_preset_among_others_keeps_them_all(admin_client, more):
    response = delete_selected(admin_client, "Budget", "Hybrid", **more)

    assert told(response) == [f"{REFUSAL} Nothing was deleted."]
    assert preset("Budget") and preset("Hybrid")
    assert not LogEntry.objects.exists()


@pytest.mark.usefixtures("_budget_is_live")
def test_other_presets_are_deleted_together_after_a_question(admin_client):
    asked = delete_selected(admin_client, "Hybrid", "Offline")
    assert "Are you sure" in asked.content.decode()

    delete_selected(admin_client, "Hybrid", "Offline", post="yes")

    names = set(ModelPreset.objects.values_list("name", flat=True))
    assert names == {"All-DeepSeek", "Budget", "Default", "Performance"}


def test_a_preset_that_is_no_number_is_not_found(admin_client):
    url = reverse("admin:brains_modelpreset_delete", args=["nonsense"])

    assert admin_client.get(url).status_code == 302
