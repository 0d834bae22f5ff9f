"""From each refusal of another embedding model that stored vectors cause, the admin has a link
to where re-embedding begins for what was meant."""

from datetime import timedelta
from decimal import Decimal
from urllib.parse import parse_qs, urlsplit

import pytest
from django.urls import reverse

from brains import activation
from brains.canary import changes as canary_changes
from brains.models import ModelPreset
from brains.tests.operators import answer, member, read, told
from brains.tests.records import ANN, newest, preset
from cognition.tests.embedding_pages import begin_of, links, page_of
from cognition.tests.memories import E5, WIDE, keep

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("models_asked")]
HELD = "10 memories of 3 people have vectors of"
OURS = "offline/multilingual-e5-small"
LIST = "admin:brains_modelpreset_changelist"


def test_a_late_roll_back_leads_to_the_preset_of_that_revision(admin_client, wide):
    activation.activate(wide, ANN)
    keep(10, WIDE)
    url = reverse("admin:brains_activation_roll_back", args=[1])
    link = f'<a href="{page_of(preset("Offline"))}">Re-embed for Offline…</a>'

    page = admin_client.get(url)
    refused = answer(admin_client, url)

    assert links(page, link) and read(page).count(HELD) == 1
    assert told(refused)[0].endswith(f"Nothing changed. {link}")


def new_form_in(text):
    """Return the address of the form of a new preset that a link leads to, and its values."""
    url = text.partition('<a href="')[2].partition('"')[0].replace("&amp;", "&")
    parts = urlsplit(url)
    assert parts.path == reverse("admin:brains_modelpreset_add")
    return url, {name: value for name, [value] in parse_qs(parts.query).items()}


def test_where_that_preset_was_edited_since_it_leads_to_a_new_one_and_on(
    admin_client, wide
):
    activation.activate(wide, ANN)
    keep(10, WIDE)
    edited = preset("Offline")
    edited.l3_model = "deepseek/deepseek-chat"
    activation.save_preset(edited, ANN)

    refused = answer(
        admin_client, reverse("admin:brains_activation_roll_back", args=[1])
    )
    url, given = new_form_in(told(refused)[0])
    form = admin_client.get(url)
    assert "re-embedding begins there." in read(form)
    sent = {
        name: form.context["adminform"].form[name].value() or ""
        for name in given
        if name != "then"
    }
    saved = admin_client.post(url, {**sent, "slug": ""}, follow=True)

    assert given["name"] == "Offline 2" and given["embedding_dimension"] == "384"
    assert given["l3_model"] == "offline/smollm2-135m"
    made = ModelPreset.objects.get(name="Offline 2")
    assert saved.redirect_chain == [(page_of(made), 302)]
    assert links(saved, begin_of(made))


def test_an_edit_of_the_live_preset_leads_to_a_new_one_with_its_values(admin_client):
    keep(10, E5)
    url = reverse("admin:brains_modelpreset_change", args=[preset("Offline").pk])
    form = admin_client.get(url).context["adminform"].form
    sent = {name: form[name].value() or "" for name in form.fields}
    sent |= {"embedding_dimension": "256", "l3_model": "deepseek/deepseek-chat"}

    page = admin_client.post(url, sent)

    [error] = page.context["adminform"].form.errors["embedding_dimension"]
    _, given = new_form_in(error)
    assert links(page, "Make a preset of these values…</a>")
    assert given == {
        "name": "Offline 2",
        "then": "activate",
        "l1_model": "offline/smollm2-135m",
        "l2_model": "offline/smollm2-135m",
        "l3_model": "deepseek/deepseek-chat",
        "embedding_model": OURS,
        "embedding_dimension": "256",
    }


def test_deactivating_leads_to_a_preset_without_values(admin_client):
    keep(10, E5)
    off = reverse("admin:brains_modelpreset_deactivate")
    link = f'<a href="{page_of(preset("Default"))}">Re-embed for Default…</a>'

    page = admin_client.get(off)
    refused = answer(admin_client, off)

    assert links(page, link)
    assert (
        "Default has no values of its own, which comes to the same. Re-embed first"
        in read(page)
    )
    assert told(refused)[0].endswith(f"Nothing changed. {link}")


def test_where_there_is_none_it_leads_to_a_new_one(admin_client):
    keep(10, E5)
    ModelPreset.objects.filter(name="Default").delete()

    refused = answer(admin_client, reverse("admin:brains_modelpreset_deactivate"))

    assert new_form_in(told(refused)[0])[1] == {"then": "activate"}


def test_who_may_not_go_there_is_not_led_there(wide):
    activation.activate(wide, ANN)
    keep(10, WIDE)
    url = reverse("admin:brains_activation_roll_back", args=[1])
    client = member("roll_back_modelpreset", "view_activation")

    page = client.get(url)

    assert HELD in read(page) and "Re-embed for Offline…" not in read(page)


def test_who_may_add_no_preset_is_not_led_to_the_form(wide):
    keep(10, E5)
    ModelPreset.objects.filter(name="Default").delete()
    client = member("activate_modelpreset")

    page = client.get(reverse("admin:brains_modelpreset_deactivate"))

    assert HELD in read(page) and "Make a preset" not in read(page)


def test_a_new_preset_leads_on_to_activate_for_who_may_alone():
    url = reverse("admin:brains_modelpreset_add") + "?then=activate"
    client = member("add_modelpreset", "view_modelpreset")

    saved = client.post(url, {"name": "New", "slug": ""}, follow=True)

    assert saved.redirect_chain == [(reverse(LIST), 302)]


def test_a_person_goes_back_from_a_trial_without_being_held_up(admin_client, wide):
    activation.activate(wide, ANN, trial=timedelta(minutes=5))
    keep(10, WIDE)

    admin_client.post(reverse("admin:brains_activation_revert"), {"revision": 2})

    assert newest().preset_name == "Offline"


def test_promoting_a_canary_leads_to_its_preset(admin_client, wide):
    keep(10, E5)
    canary = canary_changes.start(wide, Decimal(10), ANN)
    url = reverse("admin:brains_modelpreset_canary_step", args=["promote"])

    [message] = told(admin_client.post(url, {"canary": canary.pk}, follow=True))

    link = f'<a href="{page_of(wide)}">Re-embed for Wide…</a>'
    assert HELD in message and message.endswith(f"Nothing was changed. {link}")


def test_markup_in_a_name_is_text(admin_client):
    nasty = ModelPreset.objects.create(
        name="<i>Wide</i>", embedding_model=WIDE.model, embedding_dimension=576
    )
    activation.activate(nasty, ANN)
    activation.activate(preset("Offline"), ANN)
    keep(10, E5)

    refused = answer(
        admin_client, reverse("admin:brains_activation_roll_back", args=[2])
    )

    html = refused.content.decode()
    assert "Re-embed for &lt;i&gt;Wide&lt;/i&gt;…</a>" in html and "<i>Wide" not in html
