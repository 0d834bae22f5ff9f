"""The preset form: what a blank field inherits, what is refused, and who was faster."""

import re
from datetime import UTC, datetime

import pytest
from django.contrib.auth.models import Permission, User
from django.db import IntegrityError, connection
from django.test import Client
from django.urls import reverse

from brains import activation
from brains.activation import Author
from brains.models import Activation, ModelPreset
from brains.tests.operators import told

pytestmark = pytest.mark.django_db
ADD = reverse("admin:brains_modelpreset_add")
BOB = Author("bob")
LATER = datetime(2031, 1, 1, 12, 0, 5, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _rungs(settings):
    settings.AURA_ENV_RUNG = {"AURA_L3_MODEL": "env/model"}
    settings.AURA_DOTENV_RUNG = {"AURA_L1_MODEL": "dotenv/model"}


def preset(name):
    return ModelPreset.objects.get(name=name)


def url_of(name):
    return reverse("admin:brains_modelpreset_change", args=[preset(name).pk])


def opened(client, name):
    """Return what the form of a preset would send as it was opened."""
    form = client.get(url_of(name)).context["adminform"].form
    values = {field: form[field].value() for field in form.fields}
    return {field: "" if value is None else value for field, value in values.items()}


def errors_of(response):
    assert response.status_code == 200
    return dict(response.context["adminform"].form.errors)


def add(client, **fields):
    return client.post(ADD, {"name": "Mine", **fields}, follow=True)


def test_a_preset_is_added(admin_client):
    response = add(admin_client, l1_model=" a/b:free ", embedding_dimension="1536.0")

    mine = preset("Mine")
    assert response.redirect_chain
    assert (mine.slug, mine.l1_model, mine.embedding_dimension) == (
        "mine",
        "a/b:free",
        1536,
    )
    assert Activation.objects.count() == 0


def test_a_blank_field_shows_what_it_inherits_and_from_where(admin_client):
    html = admin_client.get(url_of("Default")).content.decode()

    assert 'placeholder="blank: dotenv/model from AURA_L1_MODEL in .env"' in html
    assert "Blank inherits dotenv/model from AURA_L1_MODEL in .env." in html
    assert "Blank inherits env/model from AURA_L3_MODEL in the environment." in html
    assert "Blank inherits 1536 from the built-in default." in html


def test_a_refused_rung_is_told_beside_the_field(admin_client, settings):
    settings.AURA_ENV_RUNG = {"AURA_L2_MODEL": "<script>h()"}

    html = admin_client.get(ADD).content.decode()

    assert (
        "AURA_L2_MODEL (env) is refused. &#x27;&lt;script&gt;h()&#x27; is not" in html
    )
    assert "<script>h()" not in html


def test_fields_suggest_the_ids_that_presets_use(admin_client):
    html = admin_client.get(ADD).content.decode()
    lists = re.findall(r'<datalist id="([\w-]+)">(.*?)</datalist>', html, re.DOTALL)
    options = {name: re.findall('value="([^"]+)"', body) for name, body in lists}

    assert "google/gemma-7b-it" in options["chat-model-ids"]
    assert "dotenv/model" in options["chat-model-ids"]
    assert options["embedding-model-ids"] == [
        "offline/multilingual-e5-small",
        "openai/text-embedding-3-small",
    ]
    assert 'list="chat-model-ids"' in html and 'list="embedding-model-ids"' in html


def test_the_form_says_what_each_layer_is_for(admin_client):
    html = admin_client.get(ADD).content.decode()

    assert "L1 · instinct" in html
    assert "The quick first reaction" in html


def test_saving_a_live_preset_is_a_new_revision_and_told(admin_client):
    activation.activate(preset("Budget"), BOB)

    data = opened(admin_client, "Budget") | {"l1_model": "other/model"}
    response = admin_client.post(url_of("Budget"), data, follow=True)

    assert "Budget is live: saved as revision 2." in told(response)
    newest = Activation.objects.get(revision=2)
    assert (newest.action, newest.by_name) == ("edit", "admin")


def test_saving_a_live_preset_s_description_is_no_revision(admin_client):
    activation.activate(preset("Budget"), BOB)

    data = opened(admin_client, "Budget") | {"description": "Cheap."}
    admin_client.post(url_of("Budget"), data)

    assert Activation.objects.count() == 1
    assert preset("Budget").description == "Cheap."


def test_the_form_of_the_live_preset_says_so(admin_client):
    activation.activate(preset("Budget"), BOB)

    assert (
        b"This preset is live as revision 1."
        in admin_client.get(url_of("Budget")).content
    )
    assert b"This preset is live" not in admin_client.get(url_of("Hybrid")).content


@pytest.mark.fault("E4")
@pytest.mark.fault("E3")
@pytest.mark.fault("E2")
@pytest.mark.fault("E1")
@pytest.mark.parametrize(
    "name",
    [
        "", "   ", "\u00a0", "\u200b\u200b", "a\u202eb", "a\x07b", "a\r\nb",
        "budget", "BUDGET", "Budgеt", "Ｂｕｄｇｅｔ", "n" * 81, "n" * 10_000, "\x00",
    ],
)  # fmt: skip
def test_a_name_that_cannot_be_is_refused_beside_its_field(admin_client, name):
    before = ModelPreset.objects.count()

    response = add(admin_client, name=name)

    assert list(errors_of(response)) == ["name"]
    assert len(response.content) < 200_000
    assert ModelPreset.objects.count() == before


@pytest.mark.fault("E2")
def test_a_name_with_a_lone_surrogate_is_refused(admin_client):
    form = "application/x-www-form-urlencoded"

    response = admin_client.post(ADD, "name=a%ED%A0%80b", content_type=form)

    assert list(errors_of(response)) == ["name"]


@pytest.mark.fault("E5")
@pytest.mark.fault("E4")
@pytest.mark.parametrize(
    "model",
    [
        "a b", "a#b", "'a'", '"a"', "$a", "a\r\nb", "../a", "a/../b", "http://a/b",
        "modèle", "😀", "m" * 201, "m" * 10_000, "\u200b",
    ],
)  # fmt: skip
@pytest.mark.parametrize("field", ["l1_model", "embedding_model"])
def test_a_model_id_that_cannot_be_is_refused_beside_its_field(
    admin_client, field, model
):
    response = add(admin_client, **{field: model})

    errors = errors_of(response)
    assert list(errors) == [field] and len(errors[field]) == 1
    assert len(response.content) < 200_000
    assert not ModelPreset.objects.filter(name="Mine").exists()


@pytest.mark.fault("E6")
@pytest.mark.parametrize(
    "number", ["0", "-1", "1000000000", "16001", "1536.5", "abc", "9" * 5_000, "1e3"]
)
def test_a_dimension_that_cannot_be_is_refused_with_one_sentence(admin_client, number):
    response = add(admin_client, embedding_dimension=number)

    (message,) = errors_of(response)["embedding_dimension"]
    assert "is not a dimension: write a whole number from 1 to 16000." in message
    assert len(message) < 200


@pytest.mark.fault("E6")
@pytest.mark.parametrize("number", ["1536.0", "１５３６", "١٥٣٦", " 1536 "])
def test_other_spellings_of_a_whole_number_are_normalised(admin_client, number):
    add(admin_client, embedding_dimension=number)

    assert preset("Mine").embedding_dimension == 1536


def test_a_slug_that_is_taken_is_refused_in_any_case(admin_client):
    assert list(errors_of(add(admin_client, slug="BUDGET"))) == ["slug"]


def save_as(user, name, **fields):
    client = Client()
    client.force_login(user)
    client.post(url_of(name), opened(client, name) | fields)


@pytest.mark.fault("D6")
def test_a_stale_form_is_refused_and_keeps_what_was_typed(admin_client):
    bob = User.objects.create_superuser("bob")
    data = opened(admin_client, "Budget") | {"l2_model": "typed/by-admin"}
    save_as(bob, "Budget", l1_model="typed/by-bob")

    response = admin_client.post(url_of("Budget"), data)

    (message,) = errors_of(response)["__all__"]
    assert message.startswith("Budget was changed by bob at ")
    assert 'value="typed/by-admin"' in response.content.decode()
    assert preset("Budget").l1_model == "typed/by-bob"
    assert preset("Budget").l2_model == "anthropic/claude-3-haiku"


def test_a_stale_form_is_refused_again_when_sent_again(admin_client):
    data = opened(admin_client, "Budget")
    ModelPreset.objects.filter(name="Budget").update(updated_at=LATER)
    response = admin_client.post(url_of("Budget"), data)
    form = response.context["adminform"].form

    again = data | {"opened_at": form["opened_at"].value()}

    assert "somebody else at 2031-01-01 12:00:05 UTC" in str(
        errors_of(admin_client.post(url_of("Budget"), again))["__all__"]
    )


class FasterEditor:
    """Somebody whose save is committed between the check of a form and the lock."""

    def __init__(self):
        self.has_begun = self.is_busy = False

    def __call__(self, execute, sql, params, many, context):
        if "brains_changecounter" in sql:
            self.has_begun = True
        if self.has_begun and sql.startswith("SELECT") and not self.is_busy:
            # Again for each look: a roll back takes back what this connection wrote.
            self.is_busy = True
            ModelPreset.objects.filter(name="Budget").update(updated_at=LATER)
            self.is_busy = False
        return execute(sql, params, many, context)


def test_a_save_in_the_last_moment_is_seen_by_the_form(admin_client):
    data = opened(admin_client, "Budget") | {"l2_model": "typed/by-admin"}

    with connection.execute_wrapper(FasterEditor()):
        response = admin_client.post(url_of("Budget"), data)

    assert "was changed by somebody else" in str(errors_of(response)["__all__"])
    assert preset("Budget").l2_model == "anthropic/claude-3-haiku"


def test_a_name_taken_in_the_last_moment_is_no_server_error(admin_client):
    refused: list[str] = []

    def refuse_once(execute, sql, params, many, context):
        if sql.startswith('INSERT INTO "brains_modelpreset"') and not refused:
            refused.append(sql)
            raise IntegrityError("UNIQUE constraint failed")
        return execute(sql, params, many, context)

    with connection.execute_wrapper(refuse_once):
        response = add(admin_client)

    assert refused and response.status_code == 200
    assert ModelPreset.objects.filter(name="Mine").count() == 1


def test_a_preset_deleted_meanwhile_is_told(admin_client):
    url, data = url_of("Budget"), opened(admin_client, "Budget")
    activation.delete_presets([preset("Budget")])

    response = admin_client.post(url, data, follow=True)

    assert "doesn’t exist" in told(response)[0]


def test_who_may_only_view_gets_a_page_without_fields():
    user = User.objects.create_user("viewer", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_modelpreset"))
    client = Client()
    client.force_login(user)

    html = client.get(url_of("Budget")).content.decode()

    assert "google/gemma-7b-it" in html and 'name="l1_model"' not in html
    assert client.post(url_of("Budget"), {"name": "x"}).status_code == 403


@pytest.mark.parametrize("may_activate", [True, False])
def test_the_live_preset_is_edited_only_by_who_may_change_what_is_live(
    client, django_user_model, may_activate
):
    names = ["view_modelpreset", "change_modelpreset"]
    names += ["activate_modelpreset"] if may_activate else []
    user = django_user_model.objects.create_user("eve", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=names))
    client.force_login(user)
    activation.activate(preset("Budget"), Author("ann"))

    live, other = client.get(url_of("Budget")), client.get(url_of("Hybrid"))

    assert ('name="l1_model"' in live.text) is may_activate
    assert 'name="l1_model"' in other.text
    answer = client.post(url_of("Budget"), {"name": "Budget", "l1_model": "evil/model"})
    assert answer.status_code == (302 if may_activate else 403)
