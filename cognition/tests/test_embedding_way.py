"""The way to another embedding model that stored vectors hold up: offered where it can be
gone; where it cannot, why and what to do first, once and in one order at every door."""

from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from brains import activation
from brains.canary import changes as canary_changes
from brains.models import ModelPreset
from brains.tests.cataloguing import listed
from brains.tests.cataloguing import read as catalogued
from brains.tests.operators import fields_of, read
from brains.tests.records import ANN, preset, revisions
from brains.tests.scripts import Script, failure
from brains.tests.status_reader import registry
from cognition.memory.models import Memory
from cognition.memory.reembedding import plans
from cognition.memory.reembedding.models import ReEmbedding
from cognition.tests.embedding_pages import begin_of, links, page_of
from cognition.tests.memories import E5, WIDE, keep, wide_preset

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("models_asked")]
HELD = "10 memories of 3 people have vectors of"
NO_KEY = "No key for OpenRouter: set OPENROUTER_API_KEY and restart."
OURS = "offline/multilingual-e5-small"


@pytest.fixture
def without_key(settings):
    settings.AURA_PROVIDERS = registry(key="")
    keep(10, E5)


# What keeps it from beginning


def test_without_its_key_the_page_says_once_why_and_offers_no_button(
    admin_client, wide, without_key
):
    page = admin_client.get(page_of(wide))

    assert read(page).count(HELD) == 1 and read(page).count(NO_KEY) == 1
    assert (
        "Re-embed for Wide first, which cannot begin yet. Mend this before: L1 (mistralai/"
        "mistral-7b-instruct), L2 (anthropic/claude-3.5-sonnet), L3 (deepseek/deepseek-chat)"
        f" and Embedding ({WIDE.model}): {NO_KEY} Then re-embed by the button on the page "
        "that activates Wide, or by manage.py reembed wide." in read(page)
    )
    assert "cannot answer" not in read(page)
    assert not links(page, begin_of(wide)) and not links(page, 'name="reason"')
    waiting = (
        'disabled aria-describedby="waits" value="Re-embed first, then activate Wide"'
    )
    assert waiting in page.content.decode() and 'id="waits"' in page.content.decode()


@pytest.mark.parametrize("way", ["activate", "re-embed"])
def test_who_presses_all_the_same_reads_each_sentence_once(
    admin_client, wide, without_key, way, upstream
):
    sent = fields_of(admin_client.get(page_of(wide)))
    url = page_of(wide) if way == "activate" else begin_of(wide)

    page = admin_client.post(url, sent, follow=True)

    assert read(page).count(HELD) == 1 and upstream.requests == []
    # Where it was to begin, its models say so: the page says it of what holds it up.
    assert read(page).count(NO_KEY) == 1
    assert not ReEmbedding.objects.exists() and len(revisions()) == 1


def test_where_models_are_not_checked_only_its_own_provider_matters(
    admin_client, settings
):
    settings.AURA_PREFLIGHT = False
    settings.AURA_PROVIDERS = registry(key="")
    keep(10, E5)
    short = ModelPreset.objects.create(
        name="Short", slug="short", embedding_model=OURS, embedding_dimension=256
    )

    page = admin_client.get(page_of(short))
    other = admin_client.get(page_of(preset("Wide")))

    assert links(page, begin_of(short)) and read(page).count(NO_KEY) == 1
    assert "Then L1, L2 and L3 cannot answer." in read(page)
    assert not links(other, begin_of(preset("Wide"))) and read(other).count(NO_KEY) == 1


def test_a_model_that_is_too_dear_to_be_asked_keeps_it_too(admin_client, wide):
    catalogued(listed("deepseek/deepseek-chat", price=("0.0015", "0.006")))
    keep(10, E5)

    page = admin_client.get(page_of(wide))

    assert "L3 (deepseek/deepseek-chat): It was not asked: its questions" in read(page)
    assert not links(page, begin_of(wide))


def test_one_that_is_open_is_said_and_linked(admin_client, wide):
    keep(10, E5)
    plan = plans.begin(wide, ANN)
    url = reverse("admin:cognition_reembedding_change", args=[plan.pk])

    own = admin_client.get(page_of(wide))
    other = admin_client.get(page_of(wide_preset("Wider")))

    for page in (own, other):
        assert "Re-embedding for Wide is open already (running)." in read(page)
        assert links(page, f'<a href="{url}">See that re-embedding</a>')
        assert 'value="Re-embed first' not in page.content.decode()
    assert "At its end it activates Wide by itself." in read(own)
    assert "when that is over or cancelled, re-embed for Wider." in read(other)


# One order, for every door


def reasons_of(text):
    """Return the reasons in the order in which they stand."""
    found = {reason: text.find(reason) for reason in (HELD, NO_KEY)}
    assert all(text.count(reason) == 1 for reason in found), text
    return sorted(found, key=lambda reason: found[reason])


@pytest.mark.parametrize("options", [[], ["--no-check"], ["--check"], ["--force"]])
def test_the_command_gives_the_pages_reasons_in_its_order(
    admin_client, wide, without_key, options
):
    with pytest.raises(CommandError) as refused:
        call_command(
            "activate_preset", "wide", "--reason=x", *options, stdout=StringIO()
        )

    text = str(refused.value)
    assert reasons_of(text) == [HELD, NO_KEY]
    assert text in read(admin_client.get(page_of(wide)))


@pytest.fixture
def went_back(wide, without_key):
    """Revision 2 had Wide, and memories have lost its vectors since."""
    Memory.objects.all().delete()
    activation.activate(wide, ANN)
    activation.activate(preset("Offline"), ANN)
    keep(10, E5)


def test_scripts_give_them_too(wide, went_back):
    canary_changes.start(wide, Decimal(10), ANN)
    script = Script()
    answers = [
        script.post("/api/activate", {"preset": "wide"}),
        script.post("/api/roll-back", {"revision": 2}),
        script.post("/api/canary/promote"),
    ]

    for answered in answers:
        assert failure(answered) == (409, "vectors_in_use")
        assert reasons_of(answered.json()["error"]["message"]) == [HELD, NO_KEY]


def test_other_commands_give_them_too(wide, went_back):
    canary_changes.start(wide, Decimal(10), ANN)

    for words in (["roll_back", "2"], ["canary", "promote"]):
        with pytest.raises(CommandError) as refused:
            call_command(*words, stdout=StringIO())
        assert reasons_of(str(refused.value)) == [HELD, NO_KEY]


def test_a_file_that_activates_is_held_up_before_models_are_asked(wide, without_key):
    document = (
        "version: 1\npresets:\n- {name: Wide, slug: wide, embedding_dimension: 512}\n"
    )

    answered = Script().give(document, "?activate=wide")

    assert failure(answered) == (409, "vectors_in_use")
    message = answered.json()["error"]["message"]
    assert HELD in message and "as a preset of their own" in message


def test_with_the_lock_the_command_gives_the_missing_key_after_it(
    without_key, settings
):
    settings.AURA_EMBEDDING_LOCK = True

    with pytest.raises(CommandError) as refused:
        call_command("activate_preset", "wide", stdout=StringIO())

    text = str(refused.value)
    assert text.startswith("AURA_EMBEDDING_LOCK is on") and text.count(NO_KEY) == 1
    assert text.endswith(NO_KEY)


def test_models_that_fail_for_one_reason_are_named_together(wide, settings):
    settings.AURA_PROVIDERS = registry(key="")

    with pytest.raises(CommandError) as refused:
        call_command("activate_preset", "wide", stdout=StringIO())

    assert str(refused.value).count(NO_KEY) == 1
