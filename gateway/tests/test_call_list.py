"""The list of calls in the admin is narrowed and paged without counting, however many there
are."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from brains.models import ModelPreset
from gateway import keys
from gateway.admin import call_admin, call_pages
from gateway.admin.call_pages import Place
from gateway.models import ApiKey
from gateway.records.models import CallRecord
from gateway.tests.listed_calls import LIST, link, record, refused, row, shown, text_of

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


# Narrowing.


@pytest.fixture
def calls():
    """One call of each kind, by name."""
    key = keys.keep(ApiKey(name="web app"), keys.new_key())
    now = timezone.now()
    return {
        "good": record(layer="l1", key_id=key.pk, preset="Hybrid", model="a/quick"),
        "old": record(began_at=now - timedelta(days=3), key_id=key.pk),
        "refused": refused(began_at=now - timedelta(hours=2)),
        "gone": record(status=499, error="client_gone"),
        "failed": record(
            status=502, error="provider_timeout", asked="gpt-4o", key_id=key.pk
        ),
        "broken": record(status=200, error="upstream_truncated", preset=""),
    }


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("period=hour", "good gone failed broken"),
        ("period=day", "good refused gone failed broken"),
        ("period=week", "good old refused gone failed broken"),
        ("layer=l1", "good"),
        ("layer=none", "refused"),
        ("outcome=good", "good old"),
        ("outcome=error", "refused gone failed broken"),
        ("outcome=4xx", "refused"),
        ("outcome=499", "gone"),
        ("outcome=5xx", "failed"),
        ("outcome=broken", "broken"),
        ("key=none", "refused gone broken"),
        ("preset=%3DHybrid", "good"),
        ("preset=none", "refused broken"),
        ("q=quick", "good"),
        ("q=gpt-4", "failed"),
        ("q=timeout", "failed"),
        ("q=nothing", ""),
        ("key=none&outcome=error&period=hour", "gone broken"),
        ("layer=l3&outcome=5xx&preset=%3DBudget&q=deepseek", "failed"),
    ],
)
@pytest.mark.parametrize("depth", [call_pages.DEPTH, 6])
def test_the_list_is_narrowed_to_what_is_asked_for(
    admin_client, calls, monkeypatch, query, names, depth
):
    monkeypatch.setattr(call_pages, "DEPTH", depth)

    found = shown(admin_client.get(f"{LIST}?{query}"))

    assert set(found) == {calls[name].pk for name in names.split()}


def test_the_list_is_narrowed_to_a_key(admin_client, calls):
    key = ApiKey.objects.get()

    response = admin_client.get(f"{LIST}?key={key.pk}")

    assert len(shown(response)) == 3
    assert f"web app {key.hint}" in text_of(response)


def test_a_call_is_found_by_its_id_among_all(admin_client, calls):
    wanted = calls["old"]

    assert shown(admin_client.get(LIST, {"q": f" {wanted.call_id} "})) == [wanted.pk]


def test_presets_of_now_are_offered(admin_client):
    html = admin_client.get(LIST).content.decode()

    for name in ModelPreset.objects.values_list("name", flat=True):
        assert f"?preset=%3D{name}" in html


@pytest.mark.parametrize(
    "query", ["layer=l9", "outcome=x", "key=x", "key=", "key=" + "9" * 30, "period=0"]
)
def test_a_choice_that_there_is_not_narrows_nothing(admin_client, calls, query):
    assert len(shown(admin_client.get(f"{LIST}?{query}"))) == len(calls)


def test_nothing_found_leads_back_to_all(admin_client, calls):
    response = admin_client.get(f"{LIST}?layer=embedding")

    assert "No call is as asked for. Show all calls" in text_of(response)


# Pages.


def test_pages_lead_through_every_call_once_and_back(admin_client, monkeypatch):
    monkeypatch.setattr(call_admin, "PER_PAGE", 10)
    moments = [NOW + timedelta(microseconds=n // 4) for n in range(35)]  # many alike
    made = CallRecord.objects.bulk_create([row(began_at=moment) for moment in moments])
    newest_first = [call.pk for call in reversed(made)]

    pages = []
    url: str | None = LIST
    while url:
        pages.append(admin_client.get(url))
        url = link(pages[-1], "next")
    assert [shown(page) for page in pages] == [
        newest_first[begin : begin + 10] for begin in range(0, 35, 10)
    ]
    assert link(pages[0], "prev") is None

    back = admin_client.get(link(pages[-1], "prev"))
    assert shown(back) == newest_first[20:30]
    back = admin_client.get(link(back, "prev"))
    assert shown(back) == newest_first[10:20]
    assert shown(admin_client.get(link(back, "next"))) == newest_first[20:30]
    back = admin_client.get(link(back, "prev"))
    assert shown(back) == newest_first[:10]


def test_the_first_page_on_the_way_back_is_a_full_one(admin_client, monkeypatch):
    monkeypatch.setattr(call_admin, "PER_PAGE", 3)
    made = [record(began_at=NOW + timedelta(seconds=n)) for n in range(5)]
    place = Place(made[3].began_at, made[3].pk, is_upward=True)

    response = admin_client.get(LIST, {"p": str(place)})

    assert shown(response) == [call.pk for call in reversed(made[2:])]
    assert link(response, "prev") is None


def test_calls_that_come_in_meanwhile_move_no_page(admin_client, monkeypatch):
    monkeypatch.setattr(call_admin, "PER_PAGE", 2)
    made = [record(began_at=NOW + timedelta(seconds=n)) for n in range(4)]
    first = admin_client.get(LIST)

    record()

    assert shown(admin_client.get(link(first, "next"))) == [made[1].pk, made[0].pk]


def test_a_page_keeps_what_the_list_is_narrowed_to(admin_client, monkeypatch):
    monkeypatch.setattr(call_admin, "PER_PAGE", 1)
    first, _, last = record(layer="l1"), record(), record(layer="l1")

    response = admin_client.get(f"{LIST}?layer=l1")

    assert shown(response) == [last.pk]
    assert shown(admin_client.get(link(response, "next"))) == [first.pk]


def test_choosing_another_filter_begins_with_the_newest(admin_client):
    record()
    place = Place(NOW, 1, is_upward=True)

    html = admin_client.get(LIST, {"p": str(place)}).content.decode()

    filters = html[html.index("changelist-filter") :]
    assert "layer=l1" in filters and "p=newer" not in filters


@pytest.mark.parametrize(
    "place",
    ["", "2", "x", "older", "older.1", "older.x.1", "older.1.x", "newer.-1.1"]
    + ["older." + "9" * 19 + ".1", "older.1." + "9" * 40, "older.¹.1"],
)
def test_a_place_that_is_none_shows_the_newest(admin_client, place):
    call = record()

    assert shown(admin_client.get(LIST, {"p": place})) == [call.pk]


def test_a_place_is_read_back_as_it_was_written():
    for place in (
        Place(NOW, 7, True),
        Place(NOW + timedelta(microseconds=1), 8, False),
    ):
        assert Place.parse(str(place)) == place


def test_no_page_counts_and_each_asks_the_same_few_questions(admin_client, calls):
    admin_client.get(LIST)
    for query in ("", "?outcome=5xx&key=none", "?q=deepseek", "?_facets=True", "?all="):
        with CaptureQueriesContext(connection) as asked:
            admin_client.get(LIST + query)
        texts = [query["sql"] for query in asked.captured_queries]
        assert not [text for text in texts if "COUNT(" in text]
        assert len(texts) <= 9


def test_what_no_index_holds_is_looked_for_so_far_and_then_further(
    admin_client, monkeypatch
):
    monkeypatch.setattr(call_pages, "DEPTH", 5)
    monkeypatch.setattr(call_admin, "PER_PAGE", 3)
    wanted = record(model="rare/one", began_at=NOW - timedelta(days=1))
    for n in range(12):
        record(began_at=NOW + timedelta(seconds=n))

    response = admin_client.get(f"{LIST}?q=rare")

    assert shown(response) == [] and "None among these." in text_of(response)
    assert "as far as 2026-11-23 12:00:06 UTC." in text_of(response)
    pages = 1
    while not shown(response):
        response = admin_client.get(link(response, "next"))
        pages += 1
    assert shown(response) == [wanted.pk] and pages == 3
    assert link(response, "next") is None
    while url := link(response, "prev"):
        response = admin_client.get(url)
    assert shown(response) == [] and "None among these." in text_of(response)


def test_what_an_index_holds_is_found_however_far_it_is(admin_client, monkeypatch):
    monkeypatch.setattr(call_pages, "DEPTH", 2)
    wanted = record(layer="l1", began_at=NOW)
    for _ in range(5):
        record()

    for query in ("layer=l1", f"q={wanted.call_id}"):
        assert shown(admin_client.get(f"{LIST}?{query}")) == [wanted.pk]


def test_the_order_cannot_be_changed(admin_client):
    first, second = record(key_name="b", began_at=NOW), record(key_name="a")

    response = admin_client.get(f"{LIST}?o=10.1")

    assert shown(response) == [second.pk, first.pk]


@pytest.mark.parametrize(
    ("narrowed", "index"),
    [
        ({}, "call_began_at"),
        ({"key_id": 1}, "call_key_began_at"),
        ({"layer": "l1"}, "call_layer_began_at"),
    ],
)
def test_an_index_holds_what_people_ask_for(narrowed, index):
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL chooses by how many rows there are.")
    calls = CallRecord.objects.filter(**narrowed).order_by("-began_at", "-id")

    assert f"USING INDEX {index}" in calls[:50].explain()


def test_an_index_holds_the_errors():
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL chooses by how many rows there are.")
    calls = CallRecord.objects.exclude(error="").order_by("-began_at", "-id")

    assert "USING INDEX call_with_error" in calls[:50].explain()
