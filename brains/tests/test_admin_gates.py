"""In the admin the check of models also stands before an edit of the live preset, a roll back
and a promotion; who may goes past it with a reason. The commands do the same."""

from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from brains import activation
from brains.canary import changes as canary_changes
from brains.models import Activation
from brains.tests.checking import L2
from brains.tests.operators import answer, fields_of, member, read, told
from brains.tests.records import ANN, newest, preset, revisions

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("chosen")]
CANARY = reverse("admin:brains_modelpreset_canary")
PROMOTE = reverse("admin:brains_modelpreset_canary_step", args=["promote"])
NOT_FOUND = "L2 (test/l2): OpenRouter answered 404"


@pytest.fixture
def operator():
    return member("activate_modelpreset", "roll_back_modelpreset", "change_modelpreset")


# An edit of the live preset.


@pytest.fixture
def form(chosen):
    activation.activate(chosen, ANN)
    return reverse("admin:brains_modelpreset_change", args=[chosen.pk])


def save(client, url, **changes):
    return client.post(url, sent_by(client, url, **changes), follow=True)


def test_an_edit_is_saved_once_its_models_answer(form, admin_client, upstream):
    save(admin_client, form, l3_model="test/new")

    assert newest().action == "edit" and not newest().forced
    assert "test/new" in {request.model for request in upstream.requests}
    assert len(upstream.requests) == 8


def test_an_edit_whose_model_fails_is_not_saved_and_says_why(form, operator, upstream):
    upstream.script("test/new", status=404)

    page = save(operator, form, l3_model="test/new")

    assert "Nothing was saved. L3 (test/new): OpenRouter answered 404" in read(page)
    assert newest().revision == 1 and preset("Candidate").l3_model == "test/l3"


def test_an_edit_of_its_description_asks_nobody(form, admin_client, upstream):
    save(admin_client, form, description="For the night.")

    assert preset("Candidate").description == "For the night."
    assert upstream.requests == [] and newest().revision == 1


def test_an_edit_that_cannot_be_asks_nobody(form, admin_client, upstream):
    save(admin_client, form, l3_model="no model id")

    assert upstream.requests == []


def test_an_edit_is_forced_with_a_reason(form, admin_client, upstream):
    upstream.script("test/new", status=404)
    wanted = {"l3_model": "test/new", "force": "on"}

    page = save(admin_client, form, **wanted)
    assert "Write why it is saved past the check" in read(page)
    save(admin_client, form, **wanted, edit_reason="back soon")

    assert newest().forced and newest().reason == "back soon"
    assert upstream.requests == []


def test_who_may_not_force_is_not_offered_it_and_cannot(form, operator, upstream):
    upstream.script("test/new", status=404)
    assert "Save anyway" not in read(operator.get(form))

    save(operator, form, l3_model="test/new", force="on", edit_reason="mine")

    assert newest().revision == 1


def test_another_preset_is_edited_without_a_check(form, admin_client, upstream):
    other = preset("Hybrid")
    url = reverse("admin:brains_modelpreset_change", args=[other.pk])

    save(admin_client, url, l3_model="test/new")

    assert preset("Hybrid").l3_model == "test/new" and upstream.requests == []
    assert "Save anyway" not in read(admin_client.get(url))


def sent_by(client, url, **changes):
    initial = client.get(url).context["adminform"].form
    return {n: initial[n].value() or "" for n in initial.fields} | changes


def edit_url(chosen, page=""):
    name = f"admin:brains_modelpreset_preflight_edit{page}"
    return reverse(name, args=[chosen.pk])


def test_what_a_form_would_give_is_asked_without_saving_it(
    form, chosen, admin_client, upstream
):
    sent = sent_by(admin_client, form, l3_model="test/new")
    looked = admin_client.post(edit_url(chosen, "_progress"), sent).json()
    assert looked["has_passed"] is False and upstream.requests == []

    told = admin_client.post(edit_url(chosen), sent).json()

    assert (
        told["is_over"] and told["has_passed"] and "All models answer." in told["html"]
    )
    assert len(upstream.requests) == 8 and newest().revision == 1
    assert preset("Candidate").l3_model == "test/l3"
    assert admin_client.post(edit_url(chosen, "_progress"), sent).json() == told
    save(admin_client, form, l3_model="test/new")
    assert newest().action == "edit" and len(upstream.requests) == 8


def test_a_form_whose_model_fails_is_told_why(form, chosen, operator, upstream):
    upstream.script("test/new", status=404)
    sent = sent_by(operator, form, l3_model="test/new")

    told = operator.post(edit_url(chosen), sent).json()

    assert told["has_passed"] is False and "OpenRouter answered 404" in told["html"]
    assert "This cannot be saved as it is." in told["html"]


@pytest.mark.parametrize(
    "changes", [{"description": "new"}, {"l3_model": "no model id"}, {"slug": ""}]
)
def test_a_form_that_asks_nobody_goes_straight_to_be_saved(
    form, chosen, admin_client, upstream, changes
):
    sent = sent_by(admin_client, form, **changes)

    told = admin_client.post(edit_url(chosen), sent).json()

    assert told == {"is_over": True, "has_passed": True, "html": ""}
    assert upstream.requests == []


def test_only_the_form_of_the_live_preset_has_the_check_in_it(form, admin_client):
    other = reverse("admin:brains_modelpreset_change", args=[preset("Hybrid").pk])
    found = [b'id="preflight"' in admin_client.get(u).content for u in (form, other)]
    assert found == [True, False]


# A roll back.


@pytest.fixture
def back(chosen):
    activation.activate(chosen, ANN)
    activation.activate(preset("Hybrid"), ANN)
    return reverse("admin:brains_activation_roll_back", args=[1])


def test_a_revision_whose_models_answer_comes_back(back, operator, upstream):
    answer(operator, back)

    assert newest().action == "roll_back" and len(upstream.requests) == 8


def test_a_revision_whose_model_fails_does_not(back, operator, upstream):
    upstream.script(L2, status=404)

    page = answer(operator, back)

    assert "OpenRouter answered 404" in read(page) and newest().revision == 2
    assert "Go back anyway" not in read(page)


def test_who_may_goes_back_anyway_with_a_reason(back, admin_client, upstream):
    upstream.script(L2, status=404)
    assert b"Go back anyway" in admin_client.get(back).content

    answer(admin_client, back, force="1")
    assert newest().revision == 2
    answer(admin_client, back, force="1", reason="it will do")

    assert newest().forced and newest().reason == "it will do"


def test_who_may_not_force_a_roll_back_is_refused(back, operator):
    sent = fields_of(operator.get(back)) | {"force": "1", "reason": "mine"}

    assert operator.post(back, sent).status_code == 403
    assert newest().revision == 2


# A promotion.


@pytest.fixture
def canary(chosen):
    activation.activate(preset("Hybrid"), ANN)
    return canary_changes.start(chosen, Decimal(10), ANN).pk


def test_a_canary_is_promoted_once_its_models_answer(canary, operator, upstream):
    operator.post(PROMOTE, {"canary": canary})

    assert newest().preset_name == "Candidate" and len(upstream.requests) == 8


def test_a_canary_whose_model_fails_goes_on(canary, operator, upstream):
    upstream.script(L2, status=404)

    page = operator.post(PROMOTE, {"canary": canary}, follow=True)

    assert NOT_FOUND in " ".join(told(page)) and newest().revision == 1
    assert "Promote anyway" not in read(page)


def test_who_may_promotes_anyway_with_a_reason(canary, admin_client, upstream):
    upstream.script(L2, status=404)
    assert b"Promote anyway" in admin_client.get(CANARY).content

    page = admin_client.post(PROMOTE, {"canary": canary, "force": "1"}, follow=True)
    assert "Write why it is promoted past the check" in " ".join(told(page))
    admin_client.post(PROMOTE, {"canary": canary, "force": "1", "reason": "tried"})

    assert newest().forced and newest().reason == "tried" and upstream.requests == []


def test_who_may_not_force_a_promotion_is_refused(canary, operator):
    sent = {"canary": canary, "force": "1", "reason": "mine"}

    assert operator.post(PROMOTE, sent).status_code == 403
    assert newest().revision == 1


# The commands.


@pytest.mark.parametrize("words", [("roll_back", "1"), ("canary", "promote")])
def test_the_commands_go_through_the_check_and_past_it(words, chosen, upstream):
    if words[0] == "roll_back":
        activation.activate(chosen, ANN)
    activation.activate(preset("Hybrid"), ANN)
    if words[0] == "canary":
        canary_changes.start(chosen, Decimal(10), ANN)
    before = revisions()
    upstream.script(L2, status=404)

    with pytest.raises(CommandError, match="answered 404.* --force --reason WHY"):
        call_command(*words, stdout=StringIO())
    with pytest.raises(CommandError, match="--force needs --reason"):
        call_command(*words, "--force", stdout=StringIO())
    assert revisions() == before
    call_command(*words, "--force", "--reason", "now", stdout=StringIO())

    assert newest().forced and newest().reason == "now"
    assert Activation.objects.count() == len(before) + 1
