"""The record of calls in the admin: what the list and the page of a call say, and who may see
them. How the list is narrowed and paged is in test_call_list."""

import re
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse

from gateway.admin.call_wording import sentence, span, usd, usd_short
from gateway.records import rows as call_rows
from gateway.records.models import CallRecord
from gateway.records.recorder import RECORDER
from gateway.tests.listed_calls import LIST, record, refused, row, shown, text_of

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


# The list.


def test_calls_are_listed_newest_first_with_what_people_ask_for(admin_client):
    old = record(began_at=NOW, key_name="night jobs")
    new = record(key_name="web app", cost_usd=Decimal("0.0123"))

    response = admin_client.get(LIST)

    assert shown(response) == [new.pk, old.pk]
    text = text_of(response)
    words = "L3 deepseek/deepseek-chat Budget revision 17 200 120 → 350 $0.0123"
    for word in (*words.split(" "), "250 ms", "1.50 s", "web app", "night jobs"):
        assert word in text, word
    assert f'title="{NOW:%Y-%m-%d %H:%M:%S} UTC"' in response.content.decode()
    assert "<title>Calls" in response.content.decode()


def test_an_empty_list_says_what_will_be_in_it(admin_client):
    text = text_of(admin_client.get(LIST))

    assert "No call yet. Each request with a valid key is listed here" in text


def test_what_is_unknown_is_not_said_to_be_nothing(admin_client):
    record(cost_usd=None, cost_source="", input_tokens=None, output_tokens=None)

    text = text_of(admin_client.get(LIST))

    assert "$" not in text and "– – 250 ms" in text


def test_a_cost_by_the_price_table_is_about_so_much(admin_client):
    record(cost_usd=Decimal("0.0123"), cost_source="prices")

    response = admin_client.get(LIST)

    assert "≈ $0.0123" in text_of(response)
    assert 'title="$0.0123, by the price table"' in response.content.decode()


def test_a_call_to_a_server_that_takes_no_key_has_no_cost(admin_client):
    free = {"cost_usd": Decimal(0), "cost_source": "prices", "provider": "local"}
    call = record(**free)

    row = admin_client.get(LIST).content.decode()
    page = text_of(admin_client.get(f"{LIST}{call.pk}/change/"))

    sentence = "$0.00, no cost per call: this server takes no key"
    assert f'title="{sentence}">$0.00<' in row
    assert sentence in page


def test_a_name_that_is_not_the_layer_s_and_a_fallback_are_said(admin_client):
    record(asked="gpt-4o", fallback="provider_timeout")
    record(asked="aura/l3@budget")

    text = text_of(admin_client.get(LIST))

    assert "asked for gpt-4o fallback: provider_timeout" in text
    assert "asked for aura" not in text


@pytest.mark.parametrize(
    ("status", "error", "kind"),
    [
        (200, "", "good"),
        (200, "upstream_truncated", "broken"),
        (404, "model_not_found", "attention"),
        (499, "client_gone", "quiet"),
        (502, "provider_unreachable", "broken"),
    ],
)
def test_an_outcome_is_a_number_and_a_sign_never_a_colour_alone(
    admin_client, status, error, kind
):
    record(status=status, error=error)

    response = admin_client.get(LIST)

    state = f'<span class="aura-state aura-{kind}">{status}</span>'
    assert state in response.content.decode()
    assert error in text_of(response)


def test_what_a_client_wrote_is_text_and_nothing_else(admin_client):
    call = refused(asked="<script>alert(1)</script>{{ 7 }}")

    for url in (LIST, f"{LIST}{call.pk}/change/"):
        html = admin_client.get(url).content.decode()
        assert "<script>alert" not in html and "{{ 7 }}" in html


def test_the_pages_have_no_inline_script_or_style(admin_client):
    call = record()

    for url in (LIST, f"{LIST}{call.pk}/change/"):
        html = admin_client.get(url).content.decode()
        assert (
            "<style" not in html and " style=" not in html and " onclick=" not in html
        )
        scripts = [
            tag for tag in re.findall("<script[^>]*>", html) if "src=" not in tag
        ]
        assert all('type="application/json"' in tag for tag in scripts)
        assert "aura/calls.css" in html


# What is not in the list.


def test_calls_that_are_not_on_record_are_said(admin_client, monkeypatch, tmp_path):
    rows = call_rows.CallRows(tmp_path)
    monkeypatch.setattr(call_rows, "_running", rows)
    monkeypatch.setattr(RECORDER, "_dropped", 2)
    rows._dropped, rows._kept = 1, 7

    text = text_of(admin_client.get(LIST))

    assert "3 calls of this worker lost since its start." in text
    assert "7 calls of this worker on disk, to be put back." in text


# The page of one call.


def test_the_page_of_a_call_says_what_happened(admin_client):
    call = record(
        asked="gpt-4o",
        fallback="provider_timeout",
        attempts=2,
        began_at=NOW,
        cost_usd=Decimal("0.000123"),
        cost_source="prices",
    )

    text = text_of(admin_client.get(f"{LIST}{call.pk}/change/"))

    for words in (
        "gpt-4o was answered by deepseek/deepseek-chat at OpenRouter in 1.50 s, its first "
        "chunk after 250 ms.",
        "2026-11-23 12:00:00 UTC",
        call.call_id,
        "because the layer's own model failed with provider_timeout",
        "2 to providers",
        "0.20 ms",
        "$0.000123, by the price table",
    ):
        assert words in text, words


SENTENCES: tuple[tuple[dict[str, Any], str], ...] = (
    (
        {},
        "aura/l3 was answered by a/b at OpenRouter in 1.50 s, its first chunk after 250 ms.",
    ),
    ({"first_chunk_s": None}, "aura/l3 was answered by a/b at OpenRouter in 1.50 s."),
    (
        {"status": 502, "error": "provider_timeout", "attempts": 2},
        "aura/l3 failed with 502 provider_timeout after 2 requests to providers and 1.50 s.",
    ),
    (
        {"status": 429, "error": "rate_limit_exceeded", "attempts": 0, "asked": ""},
        "A request was refused with 429 rate_limit_exceeded after 1.50 s; no model was asked.",
    ),
    (
        {"status": 499, "error": "client_gone"},
        "The client that asked for aura/l3 hung up after 1.50 s.",
    ),
    (
        {"error": "upstream_truncated", "provider": "gone"},
        "The answer of a/b at gone broke off with upstream_truncated after 1.50 s.",
    ),
)


def test_the_page_of_a_call_says_what_it_used(admin_client):
    used, plain = record(abilities="tv"), record()

    pages = [
        text_of(admin_client.get(f"{LIST}{call.pk}/change/")) for call in (used, plain)
    ]

    assert "tools and images" in pages[0]
    assert "Uses" in pages[1] and "tools" not in pages[1]


@pytest.mark.parametrize(("fields", "words"), SENTENCES)
def test_each_end_of_a_call_has_its_sentence(fields, words):
    assert sentence(row(**{"model": "a/b"} | fields)) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(None, ""), (0.00015, "0.15 ms"), (0.25, "250 ms"), (1.5, "1.50 s")]
    + [(75.0, "75.0 s"), (3600.0, "3,600.0 s")],
)
def test_a_time_is_said_in_its_own_unit(seconds, words):
    assert span(seconds) == words


@pytest.mark.parametrize(
    ("cost", "words", "short"),
    [
        ("0", "$0.00", "$0.00"),
        ("0.0000001234", "$0.000000123", "< $0.0001"),
        ("0.0123456", "$0.0123", "$0.0123"),
        ("0.5", "$0.500", "$0.5000"),
        ("1234.5678", "$1,234.57", "$1,234.57"),
    ],
)
def test_a_cost_shows_three_figures_however_small_it_is(cost, words, short):
    assert (usd(Decimal(cost)), usd_short(Decimal(cost))) == (words, short)


# Who may.


def staff(*codenames):
    user = User.objects.create_user("staff", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    client = Client()
    client.force_login(user)
    return client


def test_who_may_see_calls_needs_that_permission():
    call = record()

    for client, status in ((staff(), 403), (Client(), 302)):
        for url in (LIST, f"{LIST}{call.pk}/change/"):
            assert client.get(url).status_code == status


def test_who_may_only_view_sees_all_of_it():
    call, client = record(), staff("view_callrecord")

    assert shown(client.get(LIST)) == [call.pk]
    assert client.get(f"{LIST}{call.pk}/change/").status_code == 200


def test_nobody_adds_changes_or_deletes_a_call(admin_client):
    call = record(key_name="web app")

    for url in ("add/", f"{call.pk}/delete/", f"{call.pk}/change/"):
        posted = admin_client.post(LIST + url, {"key_name": "x", "post": "yes"})
        assert posted.status_code == 403
    action = {"action": "delete_selected", "_selected_action": [call.pk], "post": "yes"}
    admin_client.post(LIST, action)

    assert CallRecord.objects.get().key_name == "web app"
    assert not Permission.objects.filter(
        content_type__model="callrecord", codename__regex="^(add|change|delete)_"
    ).exists()


def test_the_list_is_named_calls_on_the_first_page(admin_client):
    html = admin_client.get(reverse("admin:index")).content.decode()

    assert re.search(rf'<a href="{LIST}"[^>]*>Calls</a>', html)
