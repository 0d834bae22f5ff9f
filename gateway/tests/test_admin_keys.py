"""API keys in the admin: made and shown once, renamed, limited, revoked; never deleted."""

import re
import time
from datetime import timedelta
from decimal import Decimal

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from brains.models import ChangeCounter
from gateway import keys
from gateway.limits.models import KeyUsage
from gateway.limits.windows import DAY, MONTH, SECOND, calendar
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


LIMITS = {
    "requests_per_minute": "60",
    "tokens_per_minute": "10000",
    "usd_per_day": "2.50",
    "usd_per_month": "50",
    "layers": ["l3", "l1"],
}


def used(row, **counts):
    """Write down what was used of a key in this second, day and month."""
    now = time.time()
    for kind, begins_at in (
        (SECOND, int(now)),
        (SECOND, int(now) - 100),  # long past
        (DAY, calendar(DAY, now)[0]),
        (DAY, calendar(DAY, now)[0] - 86_400),  # yesterday
        (MONTH, calendar(MONTH, now)[0]),
    ):
        KeyUsage.objects.create(
            key=row, kind=kind, begins_at=begins_at, writer=1, **counts
        )


def test_limits_are_saved_and_every_worker_learns_of_them(admin_client):
    row = made()
    before = count()

    admin_client.post(url_of(row, "change"), {"name": "web app", **LIMITS})

    after = ApiKey.objects.get()
    assert (after.requests_per_minute, after.tokens_per_minute) == (60, 10_000)
    assert (after.usd_per_day, after.usd_per_month) == (Decimal("2.5"), Decimal(50))
    assert after.layers == "l1,l3"
    assert count() > before


def test_a_new_key_may_have_limits(admin_client):
    admin_client.post(ADD, {"name": "web app", **LIMITS})

    assert ApiKey.objects.get().requests_per_minute == 60


def test_blank_is_no_limit(admin_client):
    row = made(requests_per_minute=5, usd_per_day=1, layers="l1")

    admin_client.post(url_of(row, "change"), {"name": "web app", "usd_per_day": " "})

    after = ApiKey.objects.get()
    assert after.requests_per_minute is None and after.usd_per_day is None
    assert after.layers == ""


def test_every_layer_checked_is_the_same_as_none(admin_client):
    row, every = made(layers="l1"), ["l1", "l2", "l3", "embedding"]

    admin_client.post(url_of(row, "change"), {"name": "web app", "layers": every})

    assert ApiKey.objects.get().layers == ""


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("requests_per_minute", "0"),
        ("requests_per_minute", "1.5"),
        ("tokens_per_minute", "-3"),
        ("tokens_per_minute", "9999999999"),
        ("usd_per_day", "0"),
        ("usd_per_day", "five"),
        ("usd_per_month", "1.23456"),
    ],
)
def test_a_bad_limit_is_refused_in_one_sentence(admin_client, field, text):
    row = made()

    response = admin_client.post(url_of(row, "change"), {"name": "x", field: text})

    (problem,) = response.context["adminform"].form.errors[field]
    assert problem.startswith(f"'{text}' is no limit. Give ")
    assert ApiKey.objects.get().name == "web app"


def test_an_unknown_layer_is_refused(admin_client):
    row = made()

    response = admin_client.post(url_of(row, "change"), {"name": "x", "layers": ["l9"]})

    assert response.context["adminform"].form.errors["layers"]
    assert ApiKey.objects.get().layers == ""


def test_what_is_used_stands_beside_each_limit(admin_client):
    row = made(
        requests_per_minute=60,
        tokens_per_minute=10_000,
        usd_per_day=5,
        usd_per_month=Decimal("99.5"),
    )
    used(row, requests=12, tokens=3400, cost_usd=Decimal("1.2"))

    html = admin_client.get(url_of(row, "change")).content.decode()

    shown = re.findall(r'<strong class="aura-used">([^<]+)</strong>', html)
    assert shown == [
        "Now: 12 of 60.",
        "Now: 3,400 of 10,000.",
        "Today: $1.20 of $5.00.",
        "This month: $1.20 of $99.50.",
    ]


def test_only_limits_that_there_are_tell_of_use(admin_client):
    row = made(usd_per_day=5)
    used(made("another"), requests=12, cost_usd=3)

    html = admin_client.get(url_of(row, "change")).content.decode()

    assert re.findall(r'class="aura-used">([^<]+)<', html) == ["Today: $0.00 of $5.00."]
    assert "aura-used" not in admin_client.get(ADD).content.decode()


def test_limits_are_shown_as_they_were_typed(admin_client):
    row = made(usd_per_day=Decimal("2.5"), usd_per_month=Decimal("0.0125"), layers="l3")

    html = admin_client.get(url_of(row, "change")).content.decode()

    assert 'name="usd_per_day" value="2.50"' in html
    assert 'name="usd_per_month" value="0.0125"' in html
    assert re.findall(r'value="(\w+)"[^>]* checked', html) == ["l3"]


def test_the_list_shows_limits_in_short(admin_client):
    made(
        requests_per_minute=60,
        tokens_per_minute=100_000,
        usd_per_day=5,
        usd_per_month=50,
        layers="l1,l3",
    )
    made("free")

    html = admin_client.get(LIST).content.decode()

    cells = re.findall(r'<td class="field-limits_of">(.*?)</td>', html)
    assert cells == [
        '<span class="aura-quiet">none</span>',
        "60 requests/min · 100k tokens/min · $5.00/day · $50.00/month · l1 l3",
    ]


def test_the_list_asks_no_more_for_many_keys(admin_client, django_assert_num_queries):
    made(requests_per_minute=1)
    admin_client.get(LIST)
    with CaptureQueriesContext(connection) as few:
        admin_client.get(LIST)
    for number in range(5):
        made(f"key {number}", requests_per_minute=1, usd_per_day=1)

    with django_assert_num_queries(len(few)):
        admin_client.get(LIST)


def test_who_may_only_view_sees_limits_but_no_field():
    row = made(requests_per_minute=60, layers="l1,l3")

    html = staff("view_apikey").get(url_of(row, "change")).content.decode()

    assert "60" in html and "l1,l3" in html
    assert 'name="requests_per_minute"' not in html


def test_saving_limits_does_not_take_back_a_revocation_made_meanwhile():
    stale = made()
    keys.revoke(ApiKey.objects.get())

    stale.requests_per_minute = 5
    keys.save(stale)

    after = ApiKey.objects.get()
    assert after.requests_per_minute == 5 and after.state == "revoked"
