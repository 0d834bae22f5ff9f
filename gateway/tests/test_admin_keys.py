"""API keys in the admin: made and shown once, renamed, revoked; never deleted."""

import re
from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from brains.models import ChangeCounter
from gateway import keys
from gateway.models import ApiKey

pytestmark = pytest.mark.django_db
LIST = reverse("admin:gateway_apikey_changelist")
ADD = reverse("admin:gateway_apikey_add")


def made(name="web app", **fields):
    return keys.keep(ApiKey(name=name, **fields), keys.new_key())


def url_of(row, what):
    return reverse(f"admin:gateway_apikey_{what}", args=[row.pk])


def shown_key(response):
    found = re.search(r'id="new-key"[^>]*>(aura_[\w-]+)<', response.content.decode())
    assert found
    return found[1]


def told(response):
    return [str(message) for message in response.context["messages"]]


def count():
    return ChangeCounter.objects.get().value


def staff(*codenames):
    user = User.objects.create_user("staff", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    client = Client()
    client.force_login(user)
    return client


def test_a_new_key_is_shown_once_and_works(admin_client):
    response = admin_client.post(ADD, {"name": "web app"})

    row, key = ApiKey.objects.get(), shown_key(response)
    assert response.status_code == 200
    assert row.sha256 == keys.digest_of(key) and row.hint == f"…{key[-4:]}"
    assert str(row.created_by) == "admin"


def test_a_new_key_is_nowhere_but_in_that_answer(admin_client):
    response = admin_client.post(ADD, {"name": "web app"})
    key = shown_key(response)

    assert "no-store" in response["Cache-Control"]
    assert key not in str(response.cookies)
    sessions = [session.get_decoded() for session in Session.objects.all()]
    assert key not in str(sessions)
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names():
            cursor.execute(f'SELECT * FROM "{table}"')
            assert key not in str(cursor.fetchall())
    for url in (
        LIST,
        ADD,
        url_of(ApiKey.objects.get(), "change"),
        reverse("admin:index"),
    ):
        assert key not in admin_client.get(url).content.decode()


def test_the_snippet_is_ready_to_paste(admin_client):
    html = admin_client.post(ADD, {"name": "web app"}).content.decode()

    assert "curl http://testserver/v1/chat/completions" in html
    assert "Authorization: Bearer aura_" in html
    assert '"model": "aura/l3"' in html.replace("&quot;", '"')


def test_the_page_of_a_new_key_has_no_inline_script_or_style(admin_client):
    html = admin_client.post(ADD, {"name": "web app"}).content.decode()

    assert "<style" not in html and " style=" not in html and " onclick=" not in html
    assert all("src=" in tag for tag in re.findall("<script[^>]*>", html))
    assert "aura/copy.js" in html


def test_every_worker_learns_of_a_new_key(admin_client):
    before = count()

    admin_client.post(ADD, {"name": "web app"})

    assert count() > before


def test_an_expiry_may_be_given(admin_client):
    data = {"name": "web app", "expires_at_0": "2999-01-31", "expires_at_1": "12:00"}

    admin_client.post(ADD, data)

    assert str(ApiKey.objects.get().expires_at) == "2999-01-31 12:00:00+00:00"


def test_an_expiry_that_has_passed_is_refused(admin_client):
    data = {"name": "web app", "expires_at_0": "2001-01-31", "expires_at_1": "12:00"}

    response = admin_client.post(ADD, data)

    assert "This time has passed." in response.content.decode()
    assert not ApiKey.objects.exists()


def test_a_key_that_expired_can_still_be_renamed(admin_client):
    then = timezone.now().replace(microsecond=0) - timedelta(days=1)
    row = made(expires_at=then)
    data = {
        "name": "new name",
        "expires_at_0": f"{then:%Y-%m-%d}",
        "expires_at_1": f"{then:%H:%M:%S}",
    }

    admin_client.post(url_of(row, "change"), data)

    assert ApiKey.objects.get().name == "new name"


def test_the_list_shows_each_state_in_words(admin_client):
    made("one"), made("two", expires_at=timezone.now() - timedelta(days=2))
    keys.revoke(made("three"))

    html = admin_client.get(LIST).content.decode()

    states = re.findall(r'class="aura-state aura-\w+">(\w+)<', html)
    assert sorted(states) == ["expired", "revoked", "valid"]
    assert "2\xa0days ago" in html and "never" in html
    assert ApiKey.objects.get(name="one").hint in html


def test_the_key_itself_cannot_be_edited(admin_client):
    row = made()

    admin_client.post(
        url_of(row, "change"),
        {"name": "x", "sha256": "0" * 64, "hint": "…0000", "revoked_at": "2001-01-01"},
    )

    after = ApiKey.objects.get()
    assert (after.name, after.sha256, after.hint) == ("x", row.sha256, row.hint)
    assert after.revoked_at is None


def test_revoking_asks_first_and_then_every_worker_learns_of_it(admin_client):
    row = made()
    before = count()

    asked = admin_client.get(url_of(row, "revoke"))
    assert b'value="Revoke web app"' in asked.content
    assert ApiKey.objects.get().revoked_at is None and count() == before

    response = admin_client.post(
        url_of(row, "revoke"), {"confirmed": "yes"}, follow=True
    )

    assert told(response) == [
        "web app is revoked: calls with it are refused from now on."
    ]
    assert ApiKey.objects.get().state == "revoked" and count() > before
    assert LogEntry.objects.get().change_message == "Revoked."


def test_a_post_without_the_confirmation_only_asks(admin_client):
    row = made()

    assert admin_client.post(url_of(row, "revoke"), {}).status_code == 200
    assert ApiKey.objects.get().revoked_at is None


def test_several_keys_are_revoked_after_one_question(admin_client):
    rows = [made("one"), made("two")]
    data = {"action": "revoke_selected", "_selected_action": [row.pk for row in rows]}

    asked = admin_client.post(LIST, data)
    assert b'value="Revoke 2 keys"' in asked.content
    assert not ApiKey.objects.exclude(revoked_at=None).exists()

    response = admin_client.post(LIST, data | {"confirmed": "yes"}, follow=True)

    assert told(response) == [
        "2 keys are revoked: calls with them are refused from now on."
    ]
    assert not ApiKey.objects.filter(revoked_at=None).exists()


def test_a_revoked_key_stays_as_it_was(admin_client):
    row = made()
    keys.revoke(row)

    response = admin_client.post(
        url_of(row, "revoke"), {"confirmed": "yes"}, follow=True
    )

    assert told(response) == ["Revoked already; nothing changed."]
    assert ApiKey.objects.get().revoked_at == row.revoked_at


def test_saving_a_name_does_not_take_back_a_revocation_made_meanwhile():
    stale = made()
    keys.revoke(ApiKey.objects.get())

    stale.name = "new name"
    keys.save(stale)

    after = ApiKey.objects.get()
    assert after.name == "new name" and after.state == "revoked"


def test_nobody_deletes_a_key(admin_client):
    row = made()
    data = {"action": "delete_selected", "_selected_action": [row.pk], "post": "yes"}

    assert admin_client.post(url_of(row, "delete"), {"post": "yes"}).status_code == 403
    admin_client.post(LIST, data)

    assert ApiKey.objects.exists()


@pytest.mark.parametrize("codenames", [(), ("view_apikey",), ("add_apikey",)])
def test_only_the_permission_to_change_revokes(codenames):
    row, client = made(), staff(*codenames)

    assert client.post(url_of(row, "revoke"), {"confirmed": "yes"}).status_code == 403
    assert client.get(url_of(row, "revoke")).status_code == 403
    data = {
        "action": "revoke_selected",
        "_selected_action": [row.pk],
        "confirmed": "yes",
    }
    client.post(LIST, data)
    assert ApiKey.objects.get().revoked_at is None


def test_only_the_permission_to_add_makes_keys():
    client = staff("view_apikey", "change_apikey")

    assert client.post(ADD, {"name": "x"}).status_code == 403
    assert not ApiKey.objects.exists()


def test_who_may_only_view_sees_no_button():
    made()

    assert "/revoke/" not in staff("view_apikey").get(LIST).content.decode()


def test_a_post_without_the_csrf_token_is_refused(admin_user):
    row, client = made(), Client(enforce_csrf_checks=True)
    client.force_login(admin_user)

    assert client.post(url_of(row, "revoke"), {"confirmed": "yes"}).status_code == 403
    assert client.post(ADD, {"name": "x"}).status_code == 403
    assert ApiKey.objects.get().state == "valid"


def test_markup_in_a_name_is_shown_as_text(admin_client):
    row = made("<script>n()</script>")

    for url in (LIST, url_of(row, "change"), url_of(row, "revoke")):
        assert "<script>n()" not in admin_client.get(url).content.decode()
