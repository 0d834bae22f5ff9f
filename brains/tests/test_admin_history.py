"""The history in the admin: sentences, newest first, that nobody can change."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from brains import activation
from brains.activation import Author
from brains.models import Activation, ModelPreset
from brains.wording import exact

pytestmark = pytest.mark.django_db
LIST = reverse("admin:brains_activation_changelist")
ANN = Author("ann", reason="night costs")
TRIAL = timedelta(minutes=5)


@pytest.fixture(autouse=True)
def _rungs(settings):
    settings.AURA_ENV_RUNG, settings.AURA_DOTENV_RUNG = {}, {}


def preset(name):
    return ModelPreset.objects.get(name=name)


def ends_of_trials():
    rows = Activation.objects.filter(confirm_by__isnull=False).order_by("revision")
    return [row.confirm_by for row in rows]


def cells(client, column, **query):
    html = client.get(LIST, query).content.decode().replace("<wbr>", "")
    return re.findall(rf'<td class="field-{column}">(.*?)</td>', html, re.DOTALL)


def words(html):
    return " ".join(re.sub("<[^>]+>", "", html).split())


def differences(client):
    """The lines of each row; what is opened by its summary counts as open."""
    found = cells(client, "difference")
    lines = [re.findall("<li>(.*?)</li>", cell, re.DOTALL) or [cell] for cell in found]
    return [", ".join(map(words, each)) for each in lines]


def deeds(client, **query):
    return [
        words(cell.partition("<small>")[0]) for cell in cells(client, "deed", **query)
    ]


def sentences(client):
    pairs = zip(deeds(client), differences(client), strict=True)
    return [f"{deed}: {difference}" for deed, difference in pairs]


def page_of(client, revision):
    pk = Activation.objects.get(revision=revision).pk
    url = reverse("admin:brains_activation_change", args=[pk])
    return client.get(url).content.decode().replace("<wbr>", "")


def test_each_change_is_a_sentence_newest_first(admin_client):
    activation.activate(preset("Default"), ANN)
    activation.activate(preset("All-DeepSeek"), ANN)
    edited = preset("All-DeepSeek")
    edited.l1_model = "other/model"
    activation.save_preset(edited, Author("bob"))
    activation.deactivate(Author("bob"))

    assert sentences(admin_client) == [
        "bob deactivated All-DeepSeek: "
        "L1 other/model → mistralai/mistral-7b-instruct, "
        "L2 deepseek/deepseek-chat → anthropic/claude-3.5-sonnet",
        "bob edited All-DeepSeek while it was live: "
        "L1 deepseek/deepseek-chat → other/model",
        "ann activated All-DeepSeek, replacing Default: "
        "L1 mistralai/mistral-7b-instruct → deepseek/deepseek-chat, "
        "L2 anthropic/claude-3.5-sonnet → deepseek/deepseek-chat",
        "ann activated Default: L1 mistralai/mistral-7b-instruct, "
        "L2 anthropic/claude-3.5-sonnet, L3 deepseek/deepseek-chat, "
        "Embedding openai/text-embedding-3-small, Dimension 1536",
    ]


def test_several_values_are_named_by_their_layers_and_open_to_all(admin_client):
    activation.activate(preset("Default"), ANN)
    activation.activate(preset("All-DeepSeek"), ANN)

    cell = cells(admin_client, "difference")[0]
    summary = re.search("<details><summary>(.*?)</summary>", cell)
    assert summary and summary[1] == "L1 and L2"
    assert cells(admin_client, "difference")[1].count("<li>") == 5


def test_a_row_says_how_long_it_was_live(admin_client):
    activation.activate(preset("Default"), ANN)
    day_ago = timezone.now() - timedelta(days=1)
    Activation.objects.update(created_at=day_ago - timedelta(hours=3))
    activation.activate(preset("Budget"), ANN)
    Activation.objects.filter(revision=2).update(created_at=day_ago)

    spans = [
        words(c.partition("<small>")[0]) for c in cells(admin_client, "while_live")
    ]
    assert [span.replace("\xa0", " ") for span in spans] == ["1 day", "3 hours"]


def test_a_change_of_nothing_that_serves_says_so(admin_client):
    ModelPreset(name="Twin").save()
    activation.activate(preset("Default"), ANN)
    activation.activate(preset("Twin"), ANN)

    assert sentences(admin_client)[0] == (
        "ann activated Twin, replacing Default: no value changed"
    )


def test_a_renamed_live_preset_says_what_it_was_called(admin_client):
    activation.activate(preset("Default"), ANN)
    renamed = preset("Default")
    renamed.name = "Standard"
    activation.save_preset(renamed, ANN)

    assert sentences(admin_client)[0] == (
        "ann edited Standard while it was live, called Default before: no value changed"
    )


def test_going_back_names_the_revision_it_went_back_to(admin_client):
    activation.activate(preset("Budget"), ANN)
    activation.activate(preset("Default"), ANN)
    activation.roll_back(1, Author("bob"))

    assert sentences(admin_client)[0].startswith(
        "bob rolled back to Budget (revision 1), replacing Default: "
        "L1 mistralai/mistral-7b-instruct → google/gemma-7b-it, "
    )


def test_a_trial_its_confirmation_and_its_end_are_told(admin_client):
    ModelPreset(name="Twin").save()
    activation.activate(preset("Default"), ANN)
    activation.activate(preset("Twin"), ANN, trial=TRIAL)
    activation.confirm(Author("bob"))
    activation.activate(preset("Default"), ANN, trial=TRIAL)
    activation.end_trial(timezone.now() + 2 * TRIAL)

    until = [exact(ends) for ends in ends_of_trials()]
    assert sentences(admin_client)[:4] == [
        "Aura went back to Twin (revision 3): Nobody confirmed revision 4 in time.: "
        "no value changed",
        f"ann activated Default on trial until {until[1]}, replacing Twin: "
        "no value changed",
        "bob confirmed Twin, which was on trial: no value changed",
        f"ann activated Twin on trial until {until[0]}, replacing Default: "
        "no value changed",
    ]


def test_what_an_end_in_time_changed_is_told_after_why(admin_client):
    activation.activate(preset("Default"), ANN)
    activation.activate(preset("Hybrid"), ANN, trial=TRIAL)
    activation.end_trial(timezone.now() + 2 * TRIAL)

    assert sentences(admin_client)[0] == (
        "Aura went back to Default (revision 1): Nobody confirmed revision 2 in time.: "
        "L1 local/phi-3-mini-4k → mistralai/mistral-7b-instruct"
    )
    html = admin_client.get(LIST).content.decode()
    assert html.count("Nobody confirmed revision 2 in time.") == 1


def test_the_reason_is_told(admin_client):
    activation.activate(preset("Budget"), ANN)

    assert b"night costs" in admin_client.get(LIST).content
    assert "night costs" in page_of(admin_client, 1)


def test_one_entry_shows_its_snapshot_and_what_it_resolved_to(admin_client):
    activation.activate(preset("Default"), ANN)
    activation.activate(preset("Budget"), ANN)

    html = page_of(admin_client, 2)

    assert "aura/l3@budget" in html and "blank: inherited" in html
    assert "google/gemma-7b-it" in html and "from preset Budget" in html
    assert "No preset was live" not in html


def test_a_deactivation_has_no_snapshot(admin_client):
    activation.activate(preset("Budget"), ANN)
    activation.deactivate(ANN)

    assert "No preset was live." in page_of(admin_client, 2)


def test_a_deleted_preset_is_still_named(admin_client):
    activation.activate(preset("Budget"), ANN)
    activation.activate(preset("Default"), ANN)
    activation.delete_presets([preset("Budget")])

    assert deeds(admin_client)[-1] == "ann activated Budget"
    assert len(deeds(admin_client, q="Budget")) >= 1


def test_nobody_adds_changes_or_deletes_history(admin_client):
    activation.activate(preset("Budget"), ANN)
    pk = Activation.objects.get().pk
    change = reverse("admin:brains_activation_change", args=[pk])
    delete = reverse("admin:brains_activation_delete", args=[pk])

    assert admin_client.get(reverse("admin:brains_activation_add")).status_code == 403
    assert admin_client.post(change, {"reason": "x"}).status_code == 403
    assert admin_client.post(delete, {"post": "yes"}).status_code == 403
    data = {"action": "delete_selected", "_selected_action": [pk], "post": "yes"}
    admin_client.post(LIST, data)
    assert Activation.objects.get().reason == "night costs"


def test_markup_in_the_history_is_shown_as_text(admin_client):
    author = Author("<i>ann</i>", reason="<script>z()</script>")
    activation.activate(preset("Budget"), author)

    html = admin_client.get(LIST).content.decode() + page_of(admin_client, 1)

    assert "<script>z()" not in html and "<i>ann</i>" not in html
