"""The guard of stored vectors: no change may leave memories behind that cannot be recalled,
and whoever is refused is told how many, and the way."""

from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse
from django.utils import timezone

from brains import activation
from brains.canary import changes as canary_changes
from brains.errors import EmbeddingLocked, VectorsInUse
from brains.models import ModelPreset
from brains.schedules.models import Schedule
from brains.schedules.turns import take_turns
from brains.tests.operators import answer, fields_of, read, told
from brains.tests.records import ANN, everything, newest, preset, revisions
from brains.tests.scripts import Script, failure
from brains.tests.status_reader import registry
from cognition.memory.reembedding.models import KeptSpace
from cognition.tests.memories import (
    E5,
    WIDE,
    give_vectors,
    keep,
    vector_count,
)

pytestmark = pytest.mark.django_db
REFUSED = (
    "10 memories of 3 people have vectors of offline/multilingual-e5-small (384), and none "
    "of them has one of openai/text-embedding-3-small (576) yet: after this change they "
    "could not be recalled. Re-embed first, then it switches by itself: by the button on "
    "the page that activates Wide, or by manage.py reembed wide."
)
COUNTS = {
    "memories": 10,
    "people": 3,
    "lacking": 10,
    "now": {"model": E5.model, "dimension": 384},
    "then": {"model": WIDE.model, "dimension": 576},
}


@pytest.fixture(autouse=True)
def _settled(settings, wide):
    settings.AURA_ENV_RUNG, settings.AURA_DOTENV_RUNG = {}, {}
    settings.AURA_PREFLIGHT = False
    settings.AURA_PROVIDERS = registry()
    activation.activate(preset("Offline"), ANN)


def kept(space, **fields):
    return KeptSpace.objects.create(
        model=space.model, dimension=space.dimension, is_whole=True, **fields
    )


def test_a_change_goes_through_while_nothing_is_stored(wide):
    activation.activate(wide, ANN)

    assert newest().preset_name == "Wide"


@pytest.mark.fault("E7")
def test_a_change_that_would_leave_memories_behind_is_refused_with_counts(wide):
    keep(10, E5)
    before = everything()

    with pytest.raises(VectorsInUse) as refused:
        activation.activate(wide, ANN)

    assert str(refused.value) == REFUSED and refused.value.counts == COUNTS
    assert everything() == before


def test_it_says_how_many_lack_their_vector_where_some_have_it(wide):
    memories = keep(10, E5)
    give_vectors(memories[:7], WIDE)

    with pytest.raises(VectorsInUse, match="and 3 of them lack one of openai/"):
        activation.activate(wide, ANN)

    give_vectors(memories[7:], WIDE)
    assert activation.activate(wide, ANN).changed


def test_memories_without_any_vector_hold_nothing_up(wide):
    keep(10)

    assert activation.activate(wide, ANN).changed


def test_one_memory_is_said_as_one(wide):
    keep(1, E5)

    with pytest.raises(VectorsInUse, match="^1 memory of 1 person has vectors of "):
        activation.activate(wide, ANN)


def test_a_change_of_other_layers_goes_through():
    keep(10, E5)
    edited = preset("Offline")
    edited.l3_model = "deepseek/deepseek-chat"

    assert activation.save_preset(edited, ANN).changed


@pytest.mark.fault("E7")
def test_deactivating_rolling_back_and_editing_are_refused_too(wide):
    activation.activate(wide, ANN)
    keep(10, WIDE)
    edited = preset("Wide")
    edited.embedding_dimension = 512

    for change in (
        lambda: activation.deactivate(ANN),
        lambda: activation.roll_back(1, ANN),
        lambda: activation.save_preset(edited, ANN),
    ):
        with pytest.raises(VectorsInUse, match="10 memories of 3 people"):
            change()

    assert len(revisions()) == 2 and preset("Wide").embedding_dimension == 576


@pytest.mark.fault("E7")
def test_promoting_a_canary_is_refused(wide):
    keep(10, E5)
    canary_changes.start(wide, Decimal(10), ANN)

    with pytest.raises(VectorsInUse):
        activation.promote_canary(ANN)


def test_within_the_grace_time_the_way_back_is_free(wide):
    keep(10, E5)
    kept(WIDE, until=timezone.now() + timedelta(hours=1))
    assert activation.activate(wide, ANN).changed

    KeptSpace.objects.all().delete()
    kept(E5, until=timezone.now() - timedelta(hours=1))
    keep(1, WIDE)
    with pytest.raises(VectorsInUse):
        activation.roll_back(1, ANN)


def test_the_lock_refuses_outright(wide, settings):
    settings.AURA_EMBEDDING_LOCK = True
    keep(10, E5, WIDE)

    with pytest.raises(EmbeddingLocked, match="AURA_EMBEDDING_LOCK is on"):
        activation.activate(wide, ANN)


def test_the_end_of_a_trial_is_not_held_up_and_says_what_lacks(wide):
    activation.activate(wide, ANN, trial=timedelta(minutes=5))
    keep(10, WIDE)

    activation.end_trial(timezone.now() + timedelta(minutes=6))

    assert newest().preset_name == "Offline"
    assert newest().reason == (
        "Nobody confirmed revision 2 in time. 10 memories have no vector of "
        "offline/multilingual-e5-small (384) yet; the background tasks make what is "
        "missing, and the status page says how many."
    )


def test_an_automatic_way_back_is_not_held_up(wide):
    activation.activate(wide, ANN)
    keep(1, WIDE)

    activation.auto_revert(2, "Too many errors.")

    assert newest().preset_name == "Offline"
    assert newest().reason.startswith("Too many errors. 1 memory has no vector of ")


def test_a_person_may_end_a_trial_early(wide):
    activation.activate(wide, ANN, trial=timedelta(minutes=5))
    keep(10, WIDE)

    assert activation.revert(ANN, revision=2).changed


def test_a_schedule_that_it_holds_up_is_left_out_with_a_warning(wide, caplog):
    keep(10, E5)
    Schedule.objects.create(preset=wide, begins=time(22), ends=time(6))

    take_turns(datetime(2026, 11, 26, 23, tzinfo=UTC))

    assert newest().preset_name == "Offline"
    assert any("is left out. 10 memories of" in said for said in caplog.messages)


@pytest.mark.fault("E7")
def test_commands_say_it_and_end_with_1(wide):
    keep(10, E5)

    with pytest.raises(CommandError, match="manage.py reembed wide") as refused:
        call_command("activate_preset", "wide", "--no-check", stdout=StringIO())
    with pytest.raises(CommandError, match="10 memories of 3 people"):
        call_command("deactivate_preset", stdout=StringIO())

    assert refused.value.returncode == 1


@pytest.mark.fault("E7")
def test_the_api_answers_409_with_the_counts(wide):
    keep(10, E5)

    answered = Script().post("/api/activate", {"preset": "wide"})

    assert answered.status_code == 409
    assert answered.json() == {
        "error": {"message": REFUSED, "code": "vectors_in_use"},
        "counts": COUNTS,
    }


def test_the_api_refuses_the_other_ways_as_well(wide):
    keep(10, E5)
    document = "version: 1\npresets:\n- {name: Offline, slug: offline, embedding_dimension: 512}\n"

    assert failure(Script().post("/api/deactivate")) == (409, "vectors_in_use")
    imported = Script().give(document)

    assert failure(imported) == (409, "vectors_in_use")
    assert preset("Offline").embedding_dimension == 384


@pytest.mark.fault("E7")
def test_the_page_that_activates_says_it_and_offers_the_way(admin_client, wide):
    keep(10, E5)
    url = reverse("admin:brains_modelpreset_activate", args=[wide.pk])
    way = reverse("admin:cognition_reembedding_begin", args=[wide.pk])

    page = admin_client.get(url)
    refused = admin_client.post(url, fields_of(page), follow=True)

    html = page.content.decode()
    assert "Held up." in html and "10 memories of 3 people" in read(page)
    assert f'formaction="{way}" value="Re-embed first, then activate Wide"' in html
    assert 'value="Activate Wide"' not in html and 'name="minutes"' not in html
    assert told(refused) == ["Nothing was activated. What holds it up stands below."]
    assert read(refused).count(REFUSED) == 1


def test_that_way_begins_the_plan(admin_client, wide):
    keep(10, E5)
    url = reverse("admin:brains_modelpreset_activate", args=[wide.pk])
    sent = fields_of(admin_client.get(url)) | {"reason": "wider"}
    way = reverse("admin:cognition_reembedding_begin", args=[wide.pk])

    page = admin_client.post(way, sent, follow=True)

    assert "activated in your name when all have their vector" in told(page)[0]
    assert "0 of 10 memories" in read(page) and "wider" in read(page)
    assert newest().preset_name == "Offline" and vector_count() == {E5: 10}


def test_the_other_pages_say_it(admin_client, wide):
    activation.activate(wide, ANN)
    keep(10, WIDE)
    back = reverse("admin:brains_activation_roll_back", args=[1])

    page = admin_client.get(back)
    refused = answer(admin_client, back)
    off = answer(admin_client, reverse("admin:brains_modelpreset_deactivate"))

    assert "Held up." in read(page) and "10 memories of 3 people" in read(page)
    assert 'type="submit" class="default"' not in page.content.decode()
    assert "10 memories of 3 people" in told(refused)[0]
    assert "10 memories of 3 people" in told(off)[0] and len(revisions()) == 2


def test_the_form_of_the_live_preset_says_it_beside_the_field(admin_client):
    keep(10, E5)
    offline = preset("Offline")
    url = reverse("admin:brains_modelpreset_change", args=[offline.pk])
    form = admin_client.get(url).context["adminform"].form
    sent = {name: form[name].value() or "" for name in form.fields}

    page = admin_client.post(url, sent | {"embedding_dimension": "576"})

    [error] = page.context["adminform"].form.errors["embedding_dimension"]
    assert error.startswith("10 memories of 3 people have vectors of")
    assert (
        "Re-embed first: save these values as a preset of their own, and choose that on the "
        "page that activates it, or run manage.py reembed PRESET." in error
    )
    assert ModelPreset.objects.get(pk=offline.pk).embedding_dimension == 384
