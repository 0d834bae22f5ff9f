"""An address that asks a list of the admin for what no list can filter by is refused as
what it is: no outage, and no failure of ours."""

import pytest
from django.urls import reverse

pytestmark = pytest.mark.django_db
PRESETS = reverse("admin:brains_modelpreset_changelist")
HISTORY = reverse("admin:brains_activation_changelist")

ASKED = [
    (PRESETS, "l1_model__regex", "("),
    (PRESETS, "l1_model__iregex", "["),
    (PRESETS, "l1_fallback__contains", "a/b"),
    (PRESETS, "activations__by__password__startswith", "pbkdf2"),
    (PRESETS, "name", "Budget\x00"),
    (HISTORY, "by_name__regex", "("),
    (HISTORY, "snapshot__values__regex", "("),
    (HISTORY, "by__password__startswith", "pbkdf2"),
    (HISTORY, "revision", "9" * 5_000),
]


@pytest.mark.parametrize(("url", "name", "value"), ASKED)
def test_a_filter_in_the_address_is_refused(admin_client, url, name, value):
    answer = admin_client.get(url, {name: value})

    assert answer.status_code == 400
    assert b"Not understood" in answer.content


@pytest.mark.parametrize("url", [PRESETS, HISTORY])
@pytest.mark.parametrize("query", ["q=(", "q=%00", "o=-1.2", "o=99", "p=7", "all="])
def test_what_the_list_itself_asks_is_answered(admin_client, url, query):
    assert admin_client.get(f"{url}?{query}", follow=True).status_code == 200


def test_a_pattern_that_is_none_is_no_outage_in_any_other_list(admin_client):
    admin_client.raise_request_exception = False

    answer = admin_client.get("/admin/auth/user/", {"username__regex": "("})

    assert answer.status_code == 400
    assert b"Not understood" in answer.content
