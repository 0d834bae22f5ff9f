"""What was set aside is seen with its reason, and can be tried again; what was said is not
shown."""

import pytest
from django.urls import reverse

from cognition.reflection.models import Reflection

pytestmark = pytest.mark.django_db

LIST = "admin:cognition_reflection_changelist"


@pytest.fixture
def failed(say):
    say("a secret of Ada's", person="client:ada")
    Reflection.objects.update(
        state="failed", attempts=3, reason="L2 answered without a JSON object."
    )
    return Reflection.objects.get()


def test_the_list_says_why_one_was_set_aside(failed, admin_client):
    page = admin_client.get(reverse(LIST)).content.decode()
    assert "<h1>Reflections</h1>" in page
    assert "set aside" in page
    assert "L2 answered without a JSON object." in page
    assert "m/two" in page


def test_what_was_said_is_not_shown(failed, admin_client):
    page = admin_client.get(reverse(LIST)).content.decode()
    assert "secret of Ada" not in page


def test_one_can_be_tried_again(failed, admin_client):
    sent = {"action": "try_again", "_selected_action": failed.pk}
    page = admin_client.post(reverse(LIST), sent, follow=True).content.decode()
    assert "1 reflection will be tried again" in page
    failed.refresh_from_db()
    assert (failed.state, failed.attempts) == ("waiting", 0)


def test_nothing_there_is_no_error(mind, admin_client):
    assert admin_client.get(reverse(LIST)).status_code == 200
