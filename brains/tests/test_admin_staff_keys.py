"""Staff keys in the admin: made and shown once, renamed, revoked; their scopes stay."""

import re

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse

from brains import staff_keys
from brains.key_record import digest_of
from brains.staff_keys import StaffKey
from brains.tests.scripts import person

pytestmark = pytest.mark.django_db
LIST = reverse("admin:brains_staffkey_changelist")
ADD = reverse("admin:brains_staffkey_add")
CI = {"name": "ci", "scopes": ["activate", "read"]}


def made(name="ci", user=None, scopes="read"):
    row = StaffKey(name=name, scopes=scopes, created_by=user or person())
    staff_keys.make(row)
    return row


def url_of(row, what):
    return reverse(f"admin:brains_staffkey_{what}", args=[row.pk])


def signed_in(*codenames):
    user = User.objects.create_user("bob", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    client = Client()
    client.force_login(user)
    return client


def test_a_new_key_is_shown_once_and_works(admin_client):
    response = admin_client.post(ADD, CI)

    found = re.search(
        r'id="new-key"[^>]*>(aura_staff_[\w-]+)<', response.content.decode()
    )
    row = StaffKey.objects.get()
    assert found and row.sha256 == digest_of(found[1])
    assert (row.scopes, str(row.created_by)) == ("read,activate", "admin")
    assert "no-store" in response["Cache-Control"]
    assert staff_keys.find(found[1]) == row
    for url in (LIST, ADD, url_of(row, "change"), url_of(row, "revoke")):
        assert found[1] not in admin_client.get(url).content.decode()


def test_the_snippet_is_ready_to_paste(admin_client):
    html = admin_client.post(ADD, CI).content.decode()

    assert "curl http://testserver/api/selection" in html
    assert "Authorization: Bearer aura_staff_" in html
    assert f'<a href="{LIST}">Staff keys</a>' in html
    assert "<style" not in html and " onclick=" not in html


@pytest.mark.parametrize("scopes", [[], ["write"], ["read", "write"]])
def test_a_key_without_scopes_is_refused(admin_client, scopes):
    response = admin_client.post(ADD, {"name": "ci", "scopes": scopes})

    assert response.context["adminform"].form.errors["scopes"]
    assert not StaffKey.objects.exists()


def test_the_form_says_what_each_scope_is_for(admin_client):
    html = admin_client.get(ADD).content.decode()

    for value, label in staff_keys.Scope.choices:
        assert f'value="{value}"' in html and label in html
    assert "the key acts in your name" in html


def test_a_key_is_renamed_and_nothing_else_of_it_changes(admin_client):
    row = made()

    admin_client.post(
        url_of(row, "change"),
        {"name": "new", "scopes": ["edit"], "sha256": "0" * 64, "created_by": 1},
    )

    after = StaffKey.objects.get()
    assert (after.name, after.scopes, after.sha256) == ("new", "read", row.sha256)
    assert after.created_by == row.created_by


def test_a_key_is_revoked_after_a_question(admin_client):
    row = made()

    asked = admin_client.get(url_of(row, "revoke"))
    assert b'value="Revoke ci"' in asked.content
    assert StaffKey.objects.get().state == "valid"

    admin_client.post(url_of(row, "revoke"), {"confirmed": "yes"})
    assert StaffKey.objects.get().state == "revoked"


def test_several_keys_are_revoked_after_one_question(admin_client):
    rows = [made("one"), made("two")]
    data = {"action": "revoke_selected", "_selected_action": [row.pk for row in rows]}

    assert b'value="Revoke 2 keys"' in admin_client.post(LIST, data).content
    admin_client.post(LIST, data | {"confirmed": "yes"})

    assert {row.state for row in StaffKey.objects.all()} == {"revoked"}


def test_the_list_says_state_scopes_and_whose_it_is(admin_client):
    made("one", scopes="read,edit"), made("two")
    made("three", user=person(name="carl"))
    User.objects.filter(username="carl").update(is_active=False)

    html = admin_client.get(LIST).content.decode()

    states = re.findall(r'class="aura-state aura-\w+">([\w ]+)<', html)
    assert sorted(states) == ["creator inactive", "valid", "valid"]
    assert "read, edit" in html and "by ann" in html
    assert "<title>Staff keys" in html


def test_the_list_asks_no_more_for_many_keys(
    admin_client, django_assert_max_num_queries
):
    for number in range(10):
        made(f"key {number}", user=person(name=f"user {number}"))

    with django_assert_max_num_queries(10):
        admin_client.get(LIST)


def test_nobody_deletes_a_key(admin_client):
    row = made()

    assert admin_client.post(url_of(row, "delete"), {"post": "yes"}).status_code == 403


@pytest.mark.parametrize(
    ("codename", "may_see", "may_make", "may_revoke"),
    [
        ("view_modelpreset", False, False, False),
        ("view_staffkey", True, False, False),
        ("add_staffkey", False, True, False),
        ("change_staffkey", True, False, True),
        ("view_apikey", False, False, False),
        ("change_apikey", False, False, False),
    ],
)
def test_each_permission_opens_what_it_says(codename, may_see, may_make, may_revoke):
    row, client = made(), signed_in(codename)

    assert (client.get(LIST).status_code == 200) == may_see
    assert (client.get(url_of(row, "change")).status_code == 200) == may_see
    assert (client.post(ADD, CI).status_code == 200) == may_make
    client.post(url_of(row, "revoke"), {"confirmed": "yes"})
    assert (StaffKey.objects.get(pk=row.pk).state == "revoked") == may_revoke


def test_who_makes_a_key_makes_it_in_their_own_name():
    client = signed_in("add_staffkey")

    client.post(ADD, CI | {"created_by": User.objects.create_superuser("root").pk})

    assert str(StaffKey.objects.get().created_by) == "bob"


@pytest.mark.fault("W1")
def test_a_post_without_the_csrf_token_is_refused(admin_user):
    row, client = made(), Client(enforce_csrf_checks=True)
    client.force_login(admin_user)

    assert client.post(url_of(row, "revoke"), {"confirmed": "yes"}).status_code == 403
    assert client.post(ADD, CI).status_code == 403
    assert StaffKey.objects.get().state == "valid"


@pytest.mark.fault("E11")
def test_markup_in_a_name_is_shown_as_text(admin_client):
    row = made("<script>n()</script>")

    for url in (LIST, url_of(row, "change"), url_of(row, "revoke")):
        assert "<script>n()" not in admin_client.get(url).content.decode()
