"""The preset form and the page before a change, with a catalogue: ids complete, what is gone
is a warning, and nothing of it needs a provider or stops a save."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse

from brains.catalogue.catalogue import today
from brains.models import ModelPreset
from brains.tests.cataloguing import listed, providers, read
from brains.tests.records import preset
from providers.listed_model import Kind

pytestmark = pytest.mark.django_db
MODELS = reverse("admin:brains_modelpreset_models")
ADD = reverse("admin:brains_modelpreset_add")
XSS = "<script>alert(1)</script>"


@pytest.fixture(autouse=True)
def _set_up(settings):
    """Providers of which none answers."""
    settings.AURA_PROVIDERS = providers()
    settings.AURA_ENV_RUNG, settings.AURA_DOTENV_RUNG = {}, {}


def completed(client, **query):
    answer = client.get(MODELS, {"field": "l1_model", **query})
    assert answer.status_code == 200
    return answer.json()


def url_of(name):
    return reverse("admin:brains_modelpreset_change", args=[preset(name).pk])


def told(answer):
    return [str(message) for message in answer.context["messages"]]


def test_ids_complete_with_price_and_context_beside_each(admin_client):
    price = ("0.0000002574", "0.0000010287")
    read(
        listed("deepseek/deepseek-chat", name="V3", price=price, context_length=163840),
        "deepseek/deepseek-r1",
        "other/model",
    )

    found = completed(admin_client, q="deepseek/deep")

    assert found["models"] == [
        {
            "id": "deepseek/deepseek-chat",
            "name": "V3",
            "about": "$0.26 in, $1.03 out per million tokens · 164k context",
        },
        {"id": "deepseek/deepseek-r1", "name": "", "about": ""},
    ]
    assert found["catalogue"] == f"OpenRouter: Catalogue of {today()}."


def test_an_embedding_field_completes_with_embedding_models(admin_client):
    read("a/chat", listed("a/vectors", kind=Kind.EMBEDDING))

    found = completed(admin_client, q="a/", field="embedding_model")

    assert [model["id"] for model in found["models"]] == ["a/vectors"]


def test_an_empty_field_begins_with_what_presets_use(admin_client):
    ids = [model["id"] for model in completed(admin_client)["models"]]

    assert "google/gemma-7b-it" in ids and "deepseek/deepseek-chat" in ids


def test_what_is_typed_is_judged_as_it_stands(admin_client):
    read("anthropic/claude-sonnet-5")

    gone, fine = "anthropic/claude-3.5-sonnet", "anthropic/claude-sonnet-5"
    text = f"{fine},{gone}"
    [warning] = completed(admin_client, q=gone, field="l1_fallback", text=text)[
        "warnings"
    ]

    assert warning.startswith(f"{gone} is no longer listed; nearest: {fine}.")
    assert completed(admin_client, q=fine, text=fine)["warnings"] == []


@pytest.mark.parametrize("typed", ["", XSS, "x" * 100_000, "\x00", "%", "a b", "é"])
@pytest.mark.parametrize("field", ["l1_model", "embedding_model", "no_such", ""])
def test_whatever_is_typed_is_answered(admin_client, typed, field):
    answer = admin_client.get(MODELS, {"q": typed, "text": typed, "field": field})

    assert answer.status_code == 200 and len(answer.content) < 20_000
    assert answer["Content-Type"] == "application/json"


def test_only_who_may_see_presets_is_answered(client):
    assert client.get(MODELS).status_code == 302
    user = User.objects.create_user("eve", is_staff=True)
    client.force_login(user)
    assert client.get(MODELS).status_code == 403

    user.user_permissions.add(Permission.objects.get(codename="view_modelpreset"))
    assert Client().get(MODELS).status_code == 302
    assert client.get(MODELS).status_code == 200


def test_names_with_markup_are_text(admin_client):
    read(listed("a/one", name=XSS))

    answer = admin_client.get(MODELS, {"q": "a/one"})

    assert answer.json()["models"][0]["name"] == XSS
    assert answer["Content-Type"] == "application/json"
    assert answer["X-Content-Type-Options"] == "nosniff"


def test_what_is_gone_is_a_warning_beside_its_field(admin_client):
    html = admin_client.get(url_of("Performance")).content.decode()

    beside = html.partition('id="id_l2_model_helptext"')[2].partition("</div>")[0]
    assert "anthropic/claude-3-opus is no longer listed; nearest: anthropic/" in beside
    assert "aura-warning" in beside and "shipped." in beside
    assert html.count("aura-warning") == 3
    assert "Model fields complete as you type. OpenRouter: Catalogue of" in html


def test_a_preset_without_models_has_no_warning(admin_client):
    assert "aura-warning" not in admin_client.get(url_of("Default")).content.decode()


def test_a_warning_stops_no_save_and_is_told_after_it(admin_client):
    data = {"name": "Mine", "l1_model": "anthropic/claude-3-opus"}

    answer = admin_client.post(ADD, data, follow=True)

    assert preset("Mine").l1_model == "anthropic/claude-3-opus"
    [warning] = [text for text in told(answer) if "listed" in text]
    assert warning.startswith("Saved. anthropic/claude-3-opus is no longer listed;")


def test_a_form_that_comes_back_warns_of_what_was_typed(admin_client):
    data = {"name": "", "l1_model": "anthropic/claude-3-opus", "l2_model": XSS}

    html = admin_client.post(ADD, data).content.decode()

    assert "anthropic/claude-3-opus is no longer listed" in html
    assert XSS not in html and not ModelPreset.objects.filter(l2_model=XSS)


def test_the_page_before_a_change_names_what_is_gone(admin_client):
    url = reverse("admin:brains_modelpreset_activate", args=[preset("Performance").pk])

    html = admin_client.get(url).content.decode()

    assert (
        "anthropic/claude-3.5-sonnet is no longer listed; nearest: anthropic/" in html
    )
    assert html.count("anthropic/claude-3-opus is no longer listed") == 1
    assert admin_client.post(url, {"reason": ""}).status_code == 302


def test_the_page_before_a_change_names_what_leaves_soon(admin_client):
    day = today() + timedelta(days=5)
    read(listed("a/one", expires_on=day), "b/two")
    ModelPreset.objects.create(
        name="M", l1_model="a/one", l2_model="b/two", l3_model="b/two"
    )

    url = reverse("admin:brains_modelpreset_activate", args=[preset("M").pk])
    html = admin_client.get(url).content.decode()

    assert f"a/one leaves OpenRouter on {day}, in 5 days." in html


def test_a_misspelt_embedded_model_is_told_on_save_and_before_the_change(admin_client):
    read("smollm2-135m", provider="offline")
    hint = "offline/smollm2-13m is not listed; nearest: offline/smollm2-135m."
    fields = {"name": "Night", "l3_model": "offline/smollm2-13m"}

    saved = admin_client.post(ADD, fields, follow=True)

    assert any(hint in sentence for sentence in told(saved))
    activate = reverse("admin:brains_modelpreset_activate", args=[preset("Night").pk])
    assert hint in admin_client.get(activate).content.decode()
