"""AURA_EMBEDDING_LOCK: no change of what is effective may change the embedding model or its
dimension, whichever way it comes."""

from datetime import UTC, datetime, time, timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse
from django.utils import timezone

from brains import activation
from brains.errors import EmbeddingLocked
from brains.models import ModelPreset
from brains.schedules.models import Schedule
from brains.schedules.turns import take_turns
from brains.tests.operators import read
from brains.tests.records import ANN, everything, newest, preset, revisions

pytestmark = pytest.mark.django_db
NIGHT = datetime(2026, 11, 26, 23, tzinfo=UTC)
MORNING = datetime(2026, 11, 27, 7, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _locked(settings):
    settings.AURA_EMBEDDING_LOCK = True
    settings.AURA_ENV_RUNG, settings.AURA_DOTENV_RUNG = {}, {}


def unlocked_activation(settings, name, **options):
    settings.AURA_EMBEDDING_LOCK = False
    activation.activate(preset(name), ANN, **options)
    settings.AURA_EMBEDDING_LOCK = True


def test_a_change_that_keeps_the_embedding_goes_through():
    activation.activate(preset("Budget"), ANN)
    activation.activate(preset("Hybrid"), ANN)
    activation.roll_back(1, ANN)
    activation.deactivate(ANN)

    assert len(revisions()) == 4


@pytest.mark.fault("E7")
def test_activating_another_embedding_is_refused_with_both_values_and_the_mend():
    activation.activate(preset("Budget"), ANN)
    before = everything()

    with pytest.raises(EmbeddingLocked) as refused:
        activation.activate(preset("Offline"), ANN)

    assert str(refused.value) == (
        "AURA_EMBEDDING_LOCK is on, and this would change the embedding model from "
        "openai/text-embedding-3-small to offline/multilingual-e5-small and the dimension "
        "from 1536 to 384: vectors that are stored cannot be compared with new ones. Keep "
        "what is effective now, or set AURA_EMBEDDING_LOCK=false, restart, and embed again "
        "what is stored."
    )
    assert everything() == before


def test_the_first_activation_is_held_to_what_the_environment_says(settings):
    with pytest.raises(EmbeddingLocked):
        activation.activate(preset("Offline"), ANN)

    settings.AURA_ENV_RUNG = {
        "AURA_EMBEDDING_MODEL": "offline/multilingual-e5-small",
        "AURA_EMBEDDING_DIMENSION": "384",
    }
    activation.activate(preset("Offline"), ANN)

    assert revisions() == [(1, "activate", "Offline")]


@pytest.mark.fault("E7")
def test_the_dimension_alone_is_enough():
    other = ModelPreset.objects.create(name="Short", embedding_dimension=512)

    with pytest.raises(EmbeddingLocked, match="change the dimension from 1536 to 512:"):
        activation.activate(other, ANN)


@pytest.mark.fault("E7")
def test_deactivating_and_rolling_back_are_held_up(settings):
    activation.activate(preset("Budget"), ANN)
    unlocked_activation(settings, "Offline")

    with pytest.raises(EmbeddingLocked, match="from 384 to 1536"):
        activation.deactivate(ANN)
    with pytest.raises(EmbeddingLocked, match="from 384 to 1536"):
        activation.roll_back(1, ANN)

    assert newest().preset_name == "Offline"


@pytest.mark.fault("E7")
def test_an_edit_of_the_live_preset_is_refused_and_not_saved():
    activation.activate(preset("Budget"), ANN)
    before = everything()
    edited = preset("Budget")
    edited.embedding_dimension = 512

    with pytest.raises(EmbeddingLocked):
        activation.save_preset(edited, ANN)

    assert everything() == before


def test_a_preset_that_is_not_live_may_be_edited():
    edited = preset("Budget")
    edited.embedding_dimension = 512
    activation.save_preset(edited, ANN)

    assert preset("Budget").embedding_dimension == 512


def test_a_trial_that_nobody_confirms_ends_all_the_same(settings):
    activation.activate(preset("Budget"), ANN)
    unlocked_activation(settings, "Offline", trial=timedelta(minutes=5))

    activation.end_trial(timezone.now() + timedelta(minutes=6))

    assert revisions()[-1] == (3, "auto_revert", "Budget")


def test_a_trial_can_be_confirmed(settings):
    unlocked_activation(settings, "Offline", trial=timedelta(minutes=5))

    assert activation.confirm(ANN).changed


@pytest.fixture
def night(db):
    return Schedule.objects.create(
        preset=preset("Offline"), begins=time(22), ends=time(6)
    )


@pytest.mark.fault("E7")
def test_a_schedule_that_it_holds_up_is_left_out_with_a_warning(night, caplog):
    activation.activate(preset("Budget"), ANN)

    take_turns(NIGHT)
    take_turns(NIGHT + timedelta(minutes=1))
    take_turns(MORNING)

    assert revisions() == [(1, "activate", "Budget")]
    [warning] = [m for m in caplog.messages if "is left out" in m]
    assert "AURA_EMBEDDING_LOCK is on" in warning


@pytest.mark.parametrize("before", ["Budget", None])
def test_a_schedule_that_began_without_it_stays_with_a_warning(
    night, caplog, settings, before
):
    settings.AURA_EMBEDDING_LOCK = False
    if before:
        activation.activate(preset(before), ANN)
    take_turns(NIGHT)
    settings.AURA_EMBEDDING_LOCK = True

    take_turns(MORNING)
    take_turns(MORNING)

    assert newest().preset_name == "Offline"
    assert len([m for m in caplog.messages if "what it made live stays" in m]) == 1


def test_without_the_lock_all_of_it_goes_through(settings):
    settings.AURA_EMBEDDING_LOCK = False

    activation.activate(preset("Offline"), ANN)
    activation.deactivate(ANN)

    assert len(revisions()) == 2


@pytest.mark.fault("E7")
def test_the_command_says_why():
    with pytest.raises(CommandError, match="AURA_EMBEDDING_LOCK is on"):
        call_command("activate_preset", "Offline", "--no-check", stdout=StringIO())


@pytest.mark.fault("E7")
def test_the_page_that_asks_says_so_and_has_no_button(admin_client, settings, upstream):
    settings.AURA_PREFLIGHT = True
    url = reverse("admin:brains_modelpreset_activate", args=[preset("Offline").pk])

    asked = admin_client.get(url)
    html = asked.content.decode()
    response = admin_client.post(url, {"reason": "x", "force": "1"}, follow=True)

    assert "AURA_EMBEDDING_LOCK is on" in read(asked)
    assert 'type="submit" class="default"' not in html and "anyway" not in html
    [message] = [str(m) for m in response.context["messages"]]
    assert message == "Nothing was activated. What holds it up stands below."
    assert read(response).count("AURA_EMBEDDING_LOCK is on") == 1
    assert revisions() == []
    assert upstream.requests == []


def test_the_page_that_asks_before_a_roll_back_says_so(admin_client, settings):
    unlocked_activation(settings, "Offline")
    unlocked_activation(settings, "Budget")
    url = reverse("admin:brains_activation_roll_back", args=[1])

    asked = admin_client.get(url)
    answer = admin_client.post(url, {}, follow=True)

    assert "AURA_EMBEDDING_LOCK is on" in read(asked)
    assert 'type="submit" class="default"' not in asked.content.decode()
    (message,) = [str(told) for told in answer.context["messages"]]
    assert "AURA_EMBEDDING_LOCK" in message and message.endswith("Nothing changed.")
    assert len(revisions()) == 2


def test_deactivating_in_the_admin_says_so(admin_client, settings):
    unlocked_activation(settings, "Offline")

    response = admin_client.post(
        reverse("admin:brains_modelpreset_deactivate"), {}, follow=True
    )

    [message] = [str(m) for m in response.context["messages"]]
    assert "from 384 to 1536" in message and len(revisions()) == 1


def test_the_form_of_the_live_preset_says_it_beside_the_field(admin_client):
    activation.activate(preset("Budget"), ANN)
    url = reverse("admin:brains_modelpreset_change", args=[preset("Budget").pk])
    page = admin_client.get(url)
    form = page.context["adminform"].form
    data = {name: form[name].value() or "" for name in form.fields}

    response = admin_client.post(url, data | {"embedding_dimension": "512"})

    assert page.content.decode().count("Locked by AURA_EMBEDDING_LOCK") == 2
    errors = response.context["adminform"].form.errors
    assert list(errors) == ["embedding_dimension"]
    assert "from 1536 to 512" in errors["embedding_dimension"][0]
    assert preset("Budget").embedding_dimension is None
    admin_client.post(url, data | {"description": "for the night"})
    assert preset("Budget").description == "for the night"


def test_forms_of_other_presets_say_nothing_of_the_lock(admin_client):
    url = reverse("admin:brains_modelpreset_change", args=[preset("Budget").pk])

    assert "Locked by" not in admin_client.get(url).content.decode()
    assert admin_client.get(reverse("admin:brains_modelpreset_add")).status_code == 200
