"""The models of a candidate are asked before it gets a share of the calls."""

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from brains.canary.models import Canary
from brains.tests.checking import L2

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("chosen")]


@pytest.fixture
def start(admin_client, chosen):
    """Return a function that starts a canary in the admin and gives the page after it."""
    url = reverse("admin:brains_modelpreset_canary_start", args=[chosen.pk])

    def start():
        answer = admin_client.post(url, {"percent": "10", "reason": ""}, follow=True)
        return answer.content.decode()

    return start


def test_a_candidate_that_answers_is_tried(start, upstream):
    start()
    assert Canary.objects.count() == 1
    assert len(upstream.requests) == 8


def test_one_that_does_not_is_refused_with_the_reason(start, upstream):
    upstream.script(L2, status=404)
    page = start()
    assert "L2 (test/l2): OpenRouter answered 404" in page
    assert "Nothing was changed." in page
    assert not Canary.objects.exists()


def test_the_command_asks_too_unless_told_not_to(upstream):
    upstream.script(L2, status=404)
    with pytest.raises(CommandError, match="OpenRouter answered 404"):
        call_command("canary", "start", "candidate", "--percent=10")
    assert not Canary.objects.exists()
    call_command("canary", "start", "candidate", "--percent=10", "--no-check")
    assert Canary.objects.count() == 1
