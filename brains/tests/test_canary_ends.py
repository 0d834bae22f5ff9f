"""Whatever else changes what is live says that the canary ends with it: on the page before, in
the message after, in `/api/`'s answer and in a command's output."""

from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import call_command
from django.urls import reverse

from brains import activation
from brains.activation import Author
from brains.as_code import report
from brains.as_code.applying import import_presets
from brains.as_code.document import read_document
from brains.as_code.plan import Options
from brains.canary import changes as canary_changes
from brains.canary import rows as canaries
from brains.tests.operators import answer, read, told
from brains.tests.records import ANN, preset
from brains.tests.scripts import Script

pytestmark = pytest.mark.django_db
ENDS = "The canary of Offline, with 10 % of the calls, ends with this change."
ENDED = ENDS.replace("ends", "ended")
FILE = 'version: 1\npresets:\n- {name: Hybrid, slug: hybrid, l1_model: "a/b"}\n'


@pytest.fixture(autouse=True)
def _rungs(settings):
    settings.AURA_ENV_RUNG, settings.AURA_DOTENV_RUNG = {}, {}


@pytest.fixture
def canary(budget, hybrid):
    """Budget, then Hybrid were made live; Offline is tried on 10 %."""
    activation.activate(budget, ANN)
    activation.activate(hybrid, ANN)
    return canary_changes.start(preset("Offline"), Decimal(10), ANN)


def url_of(name, *args):
    return reverse(f"admin:brains_{name}", args=args)


def page(name):
    """Return the address of a question."""
    return {
        "activate": lambda: url_of("modelpreset_activate", preset("Performance").pk),
        "deactivate": lambda: url_of("modelpreset_deactivate"),
        "roll back": lambda: url_of("activation_roll_back", 1),
    }[name]()


@pytest.mark.parametrize("name", ["activate", "deactivate", "roll back"])
def test_the_question_says_so_and_so_does_the_message_after(admin_client, canary, name):
    assert ENDS in read(admin_client.get(page(name)))

    [message] = told(answer(admin_client, page(name)))

    assert ENDED in message and canaries.running() is None


@pytest.mark.parametrize("name", ["activate", "deactivate", "roll back"])
def test_without_a_canary_nothing_is_said_of_one(admin_client, canary, name):
    canary_changes.abort(ANN)

    assert "canary of" not in read(admin_client.get(page(name)))
    assert "canary" not in told(answer(admin_client, page(name)))[0]


def test_what_is_live_already_ends_none(admin_client, canary, hybrid):
    text = read(admin_client.get(url_of("modelpreset_activate", hybrid.pk)))

    assert "already live" in text and ENDS not in text


def test_an_edit_of_the_live_preset_says_so(admin_client, canary, hybrid):
    url = url_of("modelpreset_change", hybrid.pk)
    opened = admin_client.get(url)
    assert ENDS in read(opened)
    form = opened.context["adminform"].form
    sent = {n: form[n].value() or "" for n in form.fields}

    described = admin_client.post(url, {**sent, "description": "x"}, follow=True)
    assert "canary" not in " ".join(told(described))
    sent["opened_at"] = preset("Hybrid").updated_at.isoformat()
    saved = admin_client.post(url, {**sent, "l1_model": "a/b"}, follow=True)

    assert ENDED in " ".join(told(saved)) and canaries.running() is None


def test_another_preset_is_edited_without_a_word(admin_client, canary, budget):
    assert ENDS not in read(admin_client.get(url_of("modelpreset_change", budget.pk)))


def test_the_bar_of_a_trial_says_that_its_end_ends_it(admin_client, budget, hybrid):
    activation.activate(hybrid, ANN)
    answer(admin_client, url_of("modelpreset_activate", budget.pk), minutes="15")
    assert "canary" not in read(admin_client.get(reverse("admin:index")))
    canary_changes.start(preset("Offline"), Decimal(10), ANN)

    assert f"comes back. {ENDS}" in read(admin_client.get(reverse("admin:index")))


def test_a_promotion_is_no_end_to_be_warned_of(canary):
    outcome = activation.promote_canary(ANN)

    assert outcome.changed and outcome.ended_canary is None


@pytest.mark.parametrize(
    ("door", "body"),
    [
        ("activate", {"preset": "performance"}),
        ("deactivate", {}),
        ("roll-back", {"revision": 1}),
    ],
)
def test_the_api_answers_with_it(canary, door, body):
    script = Script()

    shown = script.post(f"/api/{door}", body).json()

    assert shown["ended_canary"] == {
        "id": canary.pk,
        "preset": "Offline",
        "percent": 10.0,
        "says": ENDED,
    }
    assert (
        script.post("/api/activate", {"preset": "hybrid"}).json()["ended_canary"]
        is None
    )


def test_the_api_says_it_of_an_edit_and_takes_its_answer_back(canary):
    script, url = Script(), "/api/presets/hybrid"
    shown = script.get(url).json()

    edited = script.ask("PUT", url, {**shown, "l1_model": "a/b"}).json()

    assert edited["ended_canary"]["says"] == ENDED
    again = script.ask("PUT", url, edited)
    assert again.status_code == 200 and "ended_canary" not in again.json()


def commanded(*words):
    output = StringIO()
    call_command(*words, stdout=output)
    return output.getvalue()


@pytest.mark.parametrize(
    "words",
    [("activate_preset", "performance"), ("deactivate_preset",), ("roll_back", "1")],
    ids=lambda words: words[0],
)
def test_the_commands_say_it(canary, words):
    assert ENDED in commanded(*words).splitlines()
    assert "canary" not in commanded("activate_preset", "hybrid")


def test_an_import_says_it_before_and_after(canary):
    def given(**options):
        document = read_document(FILE.encode())
        return import_presets(document, Author("ann"), Options(**options))

    dry = given(dry_run=True)
    assert ENDS in report.summary(dry)
    assert report.as_json(dry)["ended_canary"]["says"] == ENDS
    assert canaries.running() == canary
    assert ENDED in report.summary(given())
    again = given()
    assert again.ended_canary is None and "canary" not in report.summary(again)


def test_an_import_that_leaves_the_live_preset_alone_ends_none(canary):
    document = read_document(FILE.replace("ybrid", "idden").encode())

    for is_dry in (True, False):
        done = import_presets(document, Author("ann"), Options(dry_run=is_dry))
        assert done.ended_canary is None
    assert canaries.running() == canary
