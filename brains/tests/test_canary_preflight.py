"""The models of a candidate are asked before it gets a share of the calls."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from brains.canary import changes as canary_changes
from brains.canary import rows as canaries
from brains.canary.models import Canary
from brains.canary.sentences import how_it_ended
from brains.tests.checking import L2
from brains.tests.operators import member, read
from brains.tests.records import ANN
from brains.tests.scripts import Script
from brains.tests.status_reader import activated

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("chosen")]
FORM = {"percent": "10", "reason": ""}


@pytest.fixture
def url(chosen):
    return reverse("admin:brains_modelpreset_canary_start", args=[chosen.pk])


@pytest.fixture
def start(admin_client, url):
    """Return a function that starts a canary in the admin and gives the page after it."""

    def start(client=admin_client, **changes):
        return client.post(url, {**FORM, **changes}, follow=True).content.decode()

    return start


def test_a_candidate_that_answers_is_tried(start, upstream):
    start()
    assert not Canary.objects.get().forced
    assert len(upstream.requests) == 8


def test_one_that_does_not_is_refused_with_the_reason(start, upstream):
    upstream.script(L2, status=404)
    page = start()
    assert "L2 (test/l2): OpenRouter answered 404" in page
    assert not Canary.objects.exists()
    assert "Start the canary of Candidate" in page, "the question is asked again"


def test_who_may_starts_it_anyway_with_a_reason_which_is_kept(start, upstream):
    upstream.script(L2, status=404)

    page = start(force="1", reason="back soon")

    canary = Canary.objects.get()
    assert canary.forced and canary.reason == "back soon" and upstream.requests == []
    assert "by admin past the check of its models: “back soon”." in page
    canary_changes.abort(ANN)
    assert "started by admin past the check" in how_it_ended(canaries.past(1)[0])


def test_to_start_it_anyway_needs_the_reason(start, url, admin_client):
    assert "Start anyway" in read(admin_client.get(url))

    page = start(force="1", reason=" ")

    assert "Write why it is started past the check of its models." in page
    assert not Canary.objects.exists()


def test_who_may_not_force_is_not_offered_it_and_cannot(url):
    operator = member("activate_modelpreset")
    assert "Start anyway" not in read(operator.get(url))

    answer = operator.post(url, {**FORM, "force": "1", "reason": "mine"})

    assert answer.status_code == 403 and not Canary.objects.exists()


def test_where_the_check_is_off_nothing_is_forced(start, settings, url, admin_client):
    settings.AURA_PREFLIGHT = False
    assert "Start anyway" not in read(admin_client.get(url))

    start(force="1", reason="it was offered before")

    assert not Canary.objects.get().forced


def test_the_command_asks_too_unless_told_not_to(upstream):
    upstream.script(L2, status=404)
    with pytest.raises(CommandError, match="OpenRouter answered 404"):
        call_command("canary", "start", "candidate", "--percent=10")
    assert not Canary.objects.exists()
    call_command("canary", "start", "candidate", "--percent=10", "--no-check")
    assert not Canary.objects.get().forced and len(upstream.requests) == 8


def test_the_command_goes_past_it_with_a_reason(upstream):
    words = ("canary", "start", "candidate", "--percent=10", "--force")
    with pytest.raises(CommandError, match="--force needs --reason"):
        call_command(*words)

    call_command(*words, "--reason=back soon")

    canary = Canary.objects.get()
    assert canary.forced and canary.reason == "back soon" and upstream.requests == []
    said = StringIO()
    call_command("canary", "status", stdout=said)
    assert "past the check of its models: “back soon”" in said.getvalue()


def test_another_embedding_model_holds_no_canary_up(chosen, settings):
    settings.AURA_EMBEDDING_LOCK = True
    activated("Hybrid")

    call_command("canary", "start", "Candidate", "--percent", "10")
    canary_changes.abort(ANN)
    answer = Script().post("/api/canary", {"preset": "Candidate", "percent": 10})

    assert answer.status_code == 201, answer.content
    assert Canary.objects.count() == 2
