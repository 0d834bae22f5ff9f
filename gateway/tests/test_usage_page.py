"""The usage page: what was called, by whom, what it cost, and how quick it was."""

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse

from gateway.admin import usage_chart
from gateway.models import ApiKey
from gateway.tests.usage_rows import call, record
from gateway.usage import spans
from gateway.usage.models import RollUpMark
from gateway.usage.rollup import roll_up
from gateway.usage.words import seconds, share, short, usd, whole

NOW = datetime(2026, 11, 23, 14, 30, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
pytestmark = pytest.mark.django_db
MODELS = dict.fromkeys(("l1", "l2", "l3"), "deepseek/deepseek-chat")


@pytest.fixture(autouse=True)
def at_half_past_two(monkeypatch):
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW)


@pytest.fixture
def page(admin_client):
    """Return a function that opens the page after counting all calls, and gives its text."""

    def open_page(span: str = "") -> str:
        roll_up(5)
        url = reverse("admin:gateway_hourlyusage_changelist")
        answer = admin_client.get(url, {"span": span} if span else {})
        assert answer.status_code == 200
        return re.sub(r"\s+", " ", answer.content.decode())

    return open_page


def ago(moment: timedelta, **fields):
    return call(began_at=NOW - moment, **fields)


def row(html: str, name: str, title: str = "By layer") -> list[str]:
    """Return the figures of the first row with this name, below the title of a table."""
    below = html.partition(f"<h2>{title}</h2>")[2]
    found = re.search(rf"<tr> <th scope=\"row\">{name}.*?</tr>", below)
    assert found, name
    cells = re.findall(r"<td[^>]*>(.*?)</td>", found[0])
    return [" ".join(re.sub(r"<[^>]+>", " ", cell).split()) for cell in cells]


def test_page_shows_the_calls_of_today_by_layer_model_key_and_preset(page):
    record(ago(HOUR), ago(2 * HOUR, layer="l1", model="google/gemma-7b-it"))
    html = page()
    figures = ["1", "0", "100", "10", "$0.00010", "0"]
    assert row(html, "L3") == row(html, "L1") == figures
    assert row(html, "<code>google/<wbr>gemma-<wbr>7b-<wbr>it") == figures
    both = ["2", "0", "200", "20", "$0.00020", "0"]
    assert row(html, "web app") == row(html, "Budget") == both


@pytest.mark.parametrize(("span", "calls"), [("today", 1), ("week", 2), ("month", 3)])
def test_each_span_begins_at_a_midnight(page, span, calls):
    midnight = NOW.replace(hour=0, minute=0)
    for begin in (midnight, midnight - 6 * DAY, midnight - 29 * DAY):
        record(call(began_at=begin), call(began_at=midnight - 30 * DAY))
    assert row(page(span), "L3")[0] == str(calls)


def test_unknown_span_is_today(page):
    record(ago(HOUR))
    assert '<a href="?span=today" aria-current="page">' in page("year")


def test_errors_and_unknown_costs_are_told(page):
    failed = {"error": "upstream_auth", "status": 502, "cost_usd": None}
    record(ago(HOUR, **failed), ago(HOUR, cost_usd=None), ago(HOUR), ago(HOUR))
    assert row(page(), "L3") == [
        *["4", "1 25.0 %", "400", "40"],
        *["$0.00020", "1"],
    ]


def test_first_tokens_and_broken_promises_are_told(page):
    quick, slow = {"first_chunk_s": 0.1}, {"first_chunk_s": 0.7}
    record(*(ago(HOUR, layer="l1", **quick) for _ in range(3)))
    record(ago(HOUR, layer="l1", **slow), ago(HOUR, layer="l2", **slow))
    html = page()
    streams, half, most, broken = row(html, "L1", "First token")
    assert (streams, broken) == ("4", "1 25.0 % over 500 ms")
    assert half.endswith(" ms") and most.endswith(" ms")
    assert row(html, "L2", "First token")[-1] == "nothing promised"


def test_promise_that_was_kept_is_told(page):
    record(ago(HOUR))
    assert row(page(), "L3", "First token")[-1] == "0 over 2 s"


def test_layer_that_streamed_nothing_has_no_first_tokens(page):
    record(ago(HOUR, layer="embedding", first_chunk_s=None))
    assert "First token" not in page()


def test_charts_have_a_bar_for_each_hour_of_today_and_each_day_of_a_longer_time(page):
    record(ago(HOUR), ago(HOUR, error="upstream_auth", status=502))
    html = page()
    assert html.count("usage-room") == 2 * 24
    assert "<title>13:00: 2 calls, 1 error</title>" in html
    html = page("week")
    assert html.count("usage-room") == 2 * 7
    assert "<title>2026-11-23: 2 calls, 1 error</title>" in html
    assert "<title>2026-11-17: 0 calls</title>" in html
    assert page("month").count("usage-room") == 2 * 30


def test_highest_bar_fills_the_chart_and_the_least_can_be_seen():
    many, one = spans.Tally(calls=1000), spans.Tally(calls=1)
    made = usage_chart.chart(
        "Calls",
        [("a", many), ("b", one), ("c", spans.Tally())],
        lambda tally: tally.calls,
        lambda tally: str(tally.calls),
    )
    assert [bar.height for bar in made.bars] == [100, 1.5, 0]
    assert made.highest == "1000"


def test_request_refused_before_a_layer_is_counted_apart(page):
    blank = dict.fromkeys(("layer", "model", "provider", "preset"), "")
    record(ago(HOUR, error="rate_limited", status=429, **blank), ago(HOUR))
    html = page()
    assert row(html, "refused before a layer")[:2] == ["1", "1 100.0 %"]
    assert row(html, "web app")[0] == "2"
    assert "no preset" not in html


def test_calls_without_a_preset_are_told_so(page):
    record(ago(HOUR, preset=""))
    assert row(page(), "no preset")[0] == "1"


def test_key_goes_by_its_name_of_today(page):
    key = ApiKey.objects.create(name="old name", sha256="0" * 64, hint="…0000")
    record(ago(HOUR, key=key, key_name="old name"))
    ApiKey.objects.update(name="new name")
    html = page()
    assert row(html, "new name")[0] == "1" and "old name" not in html


def test_many_models_end_in_one_row_of_the_others(page):
    record(*(ago(HOUR, model=f"a/model{number:02}") for number in range(15)))
    assert row(page(), "3 others")[0] == "3"


def test_names_are_shown_as_text(page):
    record(ago(HOUR, model="<script>alert(1)</script>", key_name="<b>x</b>"))
    html = page()
    assert "<script>alert" not in html and "<b>x" not in html


def test_page_without_calls_says_so(page):
    assert "No calls today." in page()
    assert "No calls in 7 days." in page("week")


def test_page_says_until_when_it_counted(page):
    record(ago(HOUR))
    html = page()
    assert "Counted until" in html and "14:30:00" in html
    assert "run_tasks" not in html


def test_page_says_when_the_worker_does_not_run(page, admin_client):
    record(ago(HOUR))
    page()
    RollUpMark.objects.update(at=NOW - HOUR)
    html = admin_client.get(reverse("admin:gateway_hourlyusage_changelist")).content
    assert b"2026-11-23 13:30 UTC" in html and b"manage.py run_tasks" in html


def test_page_says_when_the_worker_never_ran(admin_client):
    html = admin_client.get(reverse("admin:gateway_hourlyusage_changelist")).content
    assert b"Nothing was counted yet." in html and b"manage.py run_tasks" in html


def test_page_reads_no_calls(page, django_assert_max_num_queries, admin_client):
    record(ago(HOUR))
    page()
    url = reverse("admin:gateway_hourlyusage_changelist")
    with django_assert_max_num_queries(8) as queries:
        admin_client.get(url)
    assert not any("gateway_callrecord" in query["sql"] for query in queries)


@pytest.mark.parametrize(
    ("may", "status"), [(["view_hourlyusage"], 200), ([], 403), (["view_apikey"], 403)]
)
def test_page_is_for_staff_who_may_see_usage(may, status):
    user = User.objects.create_user("ada", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=may))
    client = Client()
    client.force_login(user)
    url = reverse("admin:gateway_hourlyusage_changelist")
    assert client.get(url).status_code == status


def test_visitor_is_asked_to_sign_in():
    answer = Client().get(reverse("admin:gateway_hourlyusage_changelist"))
    assert answer.status_code == 302 and "/login/" in answer["Location"]


def test_admin_home_leads_to_the_page_and_offers_no_form(admin_client):
    html = admin_client.get("/admin/gateway/").content.decode()
    assert 'href="/admin/gateway/hourlyusage/"' in html
    assert "/admin/gateway/hourlyusage/add/" not in html
    assert admin_client.get("/admin/gateway/hourlyusage/1/change/").status_code == 404


def test_latest_tells_the_pace_of_this_hour_and_the_one_before():
    slow, quick = {"first_chunk_s": 0.6}, {"first_chunk_s": 0.05}
    old = ago(3 * HOUR, layer="l1", first_chunk_s=20)
    record(ago(HOUR, layer="l1", **slow), ago(HOUR, layer="l1", **quick), old)
    roll_up(5)
    latest = spans.latest(MODELS).get("l1")
    assert latest and (latest.streams, latest.late) == (2, 1)
    assert 0.5 < latest.p95_s <= 0.75


def test_latest_of_a_layer_without_a_budget_has_nothing_late():
    record(ago(HOUR, layer="l2"))
    roll_up(5)
    latest = spans.latest(MODELS).get("l2")
    assert latest and (latest.streams, latest.late) == (1, 0)


def test_latest_of_a_layer_that_was_not_called_is_none():
    assert "l1" not in spans.latest(MODELS)


def test_figures_are_short_and_never_zero_for_what_is_small():
    assert [whole(1203), short(9999), short(12_345), short(123_456)] == [
        *["1,203", "9,999", "12.3k", "123k"]
    ]
    assert [short(1_234_567), short(2 * 10**10)] == ["1.23M", "20.0G"]
    amounts = ("0", "0.000012", "0.05", "0.1", "1234.5")
    assert [usd(Decimal(amount)) for amount in amounts] == [
        *["$0.00", "$0.000012", "$0.050", "$0.10", "$1,234.50"]
    ]
    assert [seconds(None), seconds(0.34), seconds(2.14)] == ["–", "340 ms", "2.1 s"]
    assert [share(0, 9), share(1, 3), share(1, 5000)] == ["", "33.3 %", "< 0.1 %"]
