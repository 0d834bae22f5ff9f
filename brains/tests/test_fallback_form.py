"""The fields of fallbacks in the preset form: what a blank one inherits, what is refused."""

import re

import pytest
from django.urls import reverse

from brains import activation
from brains.models import Activation, ModelPreset
from brains.tests.operators import told
from brains.tests.records import ANN, preset

pytestmark = pytest.mark.django_db
ADD = reverse("admin:brains_modelpreset_add")


@pytest.fixture(autouse=True)
def _rungs(settings):
    settings.AURA_ENV_RUNG, settings.AURA_DOTENV_RUNG = {}, {}


def url_of(name):
    return reverse("admin:brains_modelpreset_change", args=[preset(name).pk])


def opened(client, name):
    """Return what the form of a preset would send as it was opened."""
    form = client.get(url_of(name)).context["adminform"].form
    values = {field: form[field].value() for field in form.fields}
    return {field: "" if value is None else value for field, value in values.items()}


def add(client, **fields):
    return client.post(ADD, {"name": "Mine", **fields}, follow=True)


def test_a_blank_field_of_fallbacks_shows_what_it_inherits(admin_client, settings):
    settings.AURA_DOTENV_RUNG = {
        "AURA_L1_FALLBACK": "a/b,c/d",
        "AURA_L2_FALLBACK": "none",
    }

    html = admin_client.get(url_of("Default")).content.decode()

    inherited = "a/b, then c/d from AURA_L1_FALLBACK in .env"
    assert f'placeholder="blank: {inherited}"' in html
    assert (
        "Tried in turn when the model fails: ids with commas between, or none. "
        f"Blank inherits {inherited}."
    ) in html
    assert 'placeholder="blank: none from AURA_L2_FALLBACK in .env"' in html
    assert 'placeholder="blank: no fallbacks"' in html


def test_the_form_has_no_fallback_for_embeddings(admin_client):
    html = admin_client.get(ADD).content.decode()

    names = set(re.findall(r'name="(\w+_fallback)"', html))
    assert names == {"l1_fallback", "l2_fallback", "l3_fallback"}


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("a/b", "a/b"),
        (" a/b ,  c/d,a/b, ", "a/b,c/d"),
        ("None", "none"),
        ("  ", ""),
        (", ".join(c + "x" * 199 for c in "abcde"), None),
    ],
)
def test_fallbacks_are_kept_in_one_spelling(admin_client, typed, kept):
    add(admin_client, l1_fallback=typed)

    wanted = typed.replace(" ", "") if kept is None else kept
    assert preset("Mine").l1_fallback == wanted
    assert opened(admin_client, "Mine")["l1_fallback"] == wanted


@pytest.mark.parametrize(
    "typed",
    [
        ",", "a b", "a/b;c/d", "none,a/b", "a,b,c,d,e,f", "a/b,http://a/b", "a/b,../c",
        "a/b,\x00", "a/b,modèle", "m" * 201, "a," * 5_000 + "b,c,d,e,f",
    ],
)  # fmt: skip
def test_fallbacks_that_cannot_be_are_refused_beside_their_field(admin_client, typed):
    response = add(admin_client, l2_fallback=typed)

    errors = response.context["adminform"].form.errors
    assert list(errors) == ["l2_fallback"] and len(errors["l2_fallback"]) == 1
    assert not ModelPreset.objects.filter(name="Mine").exists()


def test_fields_suggest_each_id_of_the_fallbacks_that_presets_use(admin_client):
    add(admin_client, l1_fallback="x/one,x/two", l2_fallback="none")

    html = admin_client.get(ADD).content.decode()

    options = re.findall('<option value="([^"]+)"', html)
    assert {"x/one", "x/two"} <= set(options)
    assert not {"none", "x/one,x/two", ""} & set(options)
    assert re.search(r'name="l3_fallback"[^>]* list="chat-model-ids"', html)


def test_saving_fallbacks_of_a_live_preset_is_a_new_revision(admin_client):
    activation.activate(preset("Budget"), ANN)

    data = opened(admin_client, "Budget") | {"l1_fallback": "a/b, c/d"}
    response = admin_client.post(url_of("Budget"), data, follow=True)

    assert "Budget is live: saved as revision 2." in told(response)
    resolved = Activation.objects.get(revision=2).resolved
    assert resolved["l1_fallback"] == ["a/b,c/d", "preset"]
