"""The page that asks before going back shows the check of the models that a revision had, as
the one that asks before an activation."""

import pytest
from django.urls import reverse

from brains import activation
from brains.tests.checking import L2
from brains.tests.operators import answer, member, read, told
from brains.tests.records import ANN, newest, preset

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("_history")]
NOT_FOUND = "OpenRouter answered 404"


@pytest.fixture
def _history(chosen):
    """Candidate was live, then no preset, then Hybrid; edits of Candidate change nothing of
    what it was."""
    activation.activate(chosen, ANN)
    activation.deactivate(ANN)
    activation.activate(preset("Hybrid"), ANN)
    chosen.l2_model = "test/other"
    chosen.save()


def url_of(revision, page=""):
    return reverse(f"admin:brains_activation_roll_back{page}", args=[revision])


def test_the_models_of_the_revision_are_asked_from_its_page(admin_client, upstream):
    assert "Not asked in the last ten minutes." in read(admin_client.get(url_of(1)))

    page = admin_client.post(url_of(1, "_check"), follow=True)

    assert page.redirect_chain == [(url_of(1), 302)]
    assert "All models answer." in read(page) and "Going back asks by itself" in read(
        page
    )
    assert L2 in {request.model for request in upstream.requests}
    progress = admin_client.get(url_of(1, "_progress")).json()
    assert progress["has_passed"] is True
    answer(admin_client, url_of(1))
    assert len(upstream.requests) == 8 and newest().restores == 1


def test_one_that_fails_offers_to_check_again_first(admin_client, upstream):
    upstream.script(L2, status=404)

    page = answer(admin_client, url_of(1))

    text, html = read(page), page.content.decode()
    assert told(page) == [
        "Nothing was activated. The check of its models below says why."
    ]
    assert text.count(NOT_FOUND) == 1 and newest().revision == 3
    assert 'value="Go back to revision 1" data-unless-failed hidden' in html
    assert 'form="preflight-form" value="Check again" data-if-failed>' in html
    assert "Go back anyway needs it. It is kept in the history." in text


def test_where_nobody_is_asked_the_page_says_why(admin_client):
    page = admin_client.get(url_of(2))

    assert "No preset would be live, so no model is asked" in read(page)
    assert "Go back anyway" not in read(page)
    assert 'value="Go back to revision 2">' in page.content.decode()


def test_the_same_values_are_not_asked_again(admin_client):
    twin = preset("Hybrid")
    twin.pk, twin.name, twin.slug = None, "Twin", "twin"
    twin.save()
    activation.activate(twin, ANN)

    page = admin_client.get(url_of(3))

    assert "No model is asked: the values are those that serve now." in read(page)
    assert "Go back anyway" not in read(page)


@pytest.mark.parametrize("page", ["_check", "_progress"])
def test_who_may_not_go_back_asks_nobody(upstream, page):
    client = member("view_activation")

    for method in (client.get, client.post):
        assert method(url_of(1, page)).status_code == 403
    assert upstream.requests == []


def test_a_revision_of_no_preset_has_nothing_to_ask(admin_client, upstream):
    admin_client.post(url_of(2, "_check"))

    assert upstream.requests == []
