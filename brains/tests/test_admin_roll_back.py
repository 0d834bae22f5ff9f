"""Going back to an earlier revision in the admin: asked first, by POST only, told exactly."""

import re

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from brains import activation
from brains.activation import Author
from brains.models import Activation
from brains.tests.operators import answer, fields_of, member, read, told, undo_of
from brains.tests.records import ANN, live_models, newest, preset, revisions

pytestmark = pytest.mark.django_db
HISTORY = reverse("admin:brains_activation_changelist")
BOB = Author("bob")


@pytest.fixture(autouse=True)
def _rungs(settings):
    settings.AURA_ENV_RUNG, settings.AURA_DOTENV_RUNG = {}, {}


@pytest.fixture
def _history(db):
    activation.activate(preset("Budget"), ANN)
    activation.activate(preset("Hybrid"), ANN)


def url_of(revision):
    return reverse("admin:brains_activation_roll_back", args=[revision])


@pytest.mark.usefixtures("_history")
def test_a_roll_back_is_asked_made_and_told(admin_client):
    response = answer(admin_client, url_of(1), reason="too dear")

    assert told(response) == [
        "What revision 1 (Budget) had is live again, as revision 3."
    ]
    assert revisions()[-1] == (3, "roll_back", "Budget")
    assert (newest().by_name, newest().reason) == ("admin", "too dear")
    assert live_models() == ("Budget", "google/gemma-7b-it")


@pytest.mark.usefixtures("_history")
def test_the_question_shows_each_value_now_and_then(admin_client):
    response = admin_client.get(url_of(1))
    html = response.content.decode().replace("<wbr>", "")

    assert "What revision 1 (Budget) had would be live again, in place of" in html
    assert "revision 2 (Hybrid). 3 values would change." in read(response)
    rows = re.findall(r'<tr class="aura-changed">(.*?)</tr>', html, re.DOTALL)
    assert len(rows) == 3
    assert rows[0].index("local/phi-3-mini-4k") < rows[0].index("google/gemma-7b-it")
    assert 'value="Go back to revision 1"' in html
    assert len(revisions()) == 2, "asking changes nothing"


@pytest.mark.usefixtures("_history")
def test_what_was_then_is_shown_not_what_the_preset_became(admin_client):
    edited = preset("Budget")
    edited.l1_model = "new/model"
    activation.save_preset(edited, BOB)

    text = read(admin_client.get(url_of(1)))

    assert "google/gemma-7b-it" in text and "new/model" not in text


@pytest.mark.usefixtures("_history")
def test_what_is_live_already_has_no_button(admin_client):
    activation.roll_back(1, ANN)
    assert "What revision 1 (Budget) had is live already, as revision 3." in read(
        admin_client.get(url_of(1))
    )
    assert "Revision 3 is what is live: nothing to go back to." in read(
        admin_client.get(url_of(3))
    )
    response = admin_client.post(url_of(1), {}, follow=True)
    assert told(response) == [
        "What revision 1 (Budget) had is live already; nothing changed."
    ]
    assert len(revisions()) == 3


@pytest.mark.usefixtures("_history")
def test_what_somebody_else_did_meanwhile_is_told(admin_client):
    data = fields_of(admin_client.get(url_of(1)))
    activation.activate(preset("Performance"), BOB)

    response = admin_client.post(url_of(1), data, follow=True)

    assert told(response) == [
        "bob activated Performance (revision 3) meanwhile; what revision 1 (Budget) had "
        "is live again, as revision 4."
    ]


@pytest.mark.usefixtures("_history")
def test_a_revision_that_is_gone_in_the_last_moment_is_told(admin_client):
    def delete_at_the_lock(execute, sql, params, many, context):
        if "brains_changecounter" in sql:
            Activation.objects.filter(revision=1).delete()
        return execute(sql, params, many, context)

    with connection.execute_wrapper(delete_at_the_lock):
        response = admin_client.post(url_of(1), {})

    (message,) = told(admin_client.get(response.url))
    assert message == "There is no revision 1. Nothing changed."


@pytest.mark.usefixtures("_history")
def test_a_deactivation_can_be_gone_back_to(admin_client):
    activation.deactivate(ANN)
    activation.activate(preset("Budget"), ANN)

    text = read(admin_client.get(url_of(3)))
    answer(admin_client, url_of(3))

    assert "What revision 3 (no preset) had would be live again" in text
    assert revisions()[-1] == (5, "roll_back", None)


@pytest.mark.parametrize("revision", [7, 0, 10**30])
def test_a_revision_that_is_not_there_is_told(admin_client, revision):
    response = admin_client.get(url_of(revision), follow=True)
    assert told(response) == [f"There is no revision {revision}."]


@pytest.mark.usefixtures("_history")
def test_a_reason_that_is_too_long_is_refused(admin_client):
    response = admin_client.post(url_of(1), {"reason": "x" * 501})
    assert "at most 500 characters" in response.content.decode()
    assert len(revisions()) == 2


@pytest.mark.usefixtures("_history")
@pytest.mark.parametrize("method", ["put", "patch", "delete", "options"])
def test_other_methods_are_refused(admin_client, method):
    assert getattr(admin_client, method)(url_of(1)).status_code == 405
    assert len(revisions()) == 2


@pytest.mark.usefixtures("_history")
def test_a_post_without_the_csrf_token_is_refused(admin_user):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(admin_user)
    assert strict.post(url_of(1), {}).status_code == 403
    assert len(revisions()) == 2


@pytest.mark.usefixtures("_history")
def test_each_row_but_the_live_one_has_the_button(admin_client):
    html = admin_client.get(HISTORY).content.decode()

    assert f'href="{url_of(1)}"' in html and f'href="{url_of(2)}"' not in html
    first_row = html.partition("<tbody>")[2].partition("</tr>")[0]
    assert 'class="aura-state aura-good">live<' in first_row


@pytest.mark.usefixtures("_history")
def test_one_revision_links_to_the_ways_on_from_it(admin_client):
    def page(revision):
        entry = Activation.objects.get(revision=revision)
        url = reverse("admin:brains_activation_change", args=[entry.pk])
        return admin_client.get(url).content.decode()

    assert f'href="{url_of(1)}"' in page(1)
    assert "/compare/?a=1&amp;b=2" in page(1)
    assert "roll-back" not in page(2) and "/compare/" not in page(2)


@pytest.mark.usefixtures("_history")
def test_who_may_not_go_back_sees_no_way_to():
    client = member("view_activation", "view_modelpreset", "activate_modelpreset")

    assert "roll-back" not in client.get(HISTORY).content.decode()
    assert client.get(url_of(1)).status_code == 403
    assert client.post(url_of(1), {}).status_code == 403
    assert len(revisions()) == 2


@pytest.mark.usefixtures("_history")
def test_who_may_go_back_may_see_the_history():
    client = member("roll_back_modelpreset")
    assert url_of(1) in client.get(HISTORY).content.decode()
    answer(client, url_of(1))
    assert revisions()[-1][1] == "roll_back"


def test_after_each_activation_there_is_an_undo(admin_client):
    activate = reverse("admin:brains_modelpreset_activate", args=[preset("Budget").pk])
    activation.activate(preset("Hybrid"), ANN)

    response = answer(admin_client, activate)

    assert undo_of(response) == url_of(1)
    undone = answer(admin_client, url_of(1))
    assert revisions()[-1] == (3, "roll_back", "Hybrid")
    assert undo_of(undone) == url_of(2), "and that can be undone too"


def test_the_undo_is_for_those_who_may_go_back():
    activation.activate(preset("Hybrid"), ANN)
    activate = reverse("admin:brains_modelpreset_activate", args=[preset("Budget").pk])
    assert undo_of(answer(member("activate_modelpreset"), activate)) is None


def test_what_was_first_of_all_has_no_undo(admin_client):
    activate = reverse("admin:brains_modelpreset_activate", args=[preset("Budget").pk])
    assert undo_of(answer(admin_client, activate)) is None


def test_markup_in_a_name_stays_text_beside_the_undo(admin_client):
    odd = preset("Hybrid")
    odd.name = "<b>odd</b>"
    activation.save_preset(odd, ANN)
    activation.activate(odd, ANN)
    activate = reverse("admin:brains_modelpreset_activate", args=[preset("Budget").pk])

    html = answer(admin_client, activate).content.decode()

    assert "<b>odd</b>" not in html and "replacing &lt;b&gt;odd&lt;/b&gt;" in html
