"""Schedules in the admin."""

import re
from datetime import UTC, datetime, time

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse
from django.utils import timezone

from brains.models import Schedule
from providers.registry import Registry
from providers.shipped import local, offline, openrouter

LIST = reverse("admin:brains_schedule_changelist")
ADD = reverse("admin:brains_schedule_add")


@pytest.fixture(autouse=True)
def _noon(monkeypatch):
    noon = datetime(2026, 11, 26, 12, tzinfo=UTC)
    monkeypatch.setattr(timezone, "now", lambda: noon)


def form(preset, **fields):
    values = {
        "preset": preset.pk,
        "days": ["tue", "mon"],
        "begins": "22:00",
        "ends": "06:00",
    }
    return {**values, "time_zone": "Europe/Berlin", "is_enabled": "on", **fields}


def test_a_schedule_is_made_and_listed_with_what_comes_next(admin_client, budget):
    answer = admin_client.post(ADD, form(budget), follow=True)
    assert answer.status_code == 200
    made = Schedule.objects.get()
    assert (made.preset, made.begins, made.days) == (budget, time(22), "mon,tue")
    page = answer.content.decode()
    assert "Next: Budget begins at " in page
    assert "22:00 to 06:00 Europe/Berlin" in page
    assert "Mon, Tue" in page and "mon,tue" not in page


def test_an_empty_list_says_so(admin_client, db):
    assert "Nothing is scheduled." in admin_client.get(LIST).content.decode()


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("days", "monday", "Select a valid choice"),
        ("days", [], "Tick a day at least."),
        ("time_zone", "Berlin", "Write it as in Europe/Berlin"),
        ("begins", "25:00", "Enter a valid time"),
    ],
)
def test_what_cannot_be_is_refused_beside_its_field(
    admin_client, budget, field, value, sentence
):
    answer = admin_client.post(ADD, form(budget, **{field: value}))
    assert answer.status_code == 200
    assert sentence in answer.content.decode()
    assert not Schedule.objects.exists()


def test_a_form_ticks_the_days_that_are_kept(admin_client, budget):
    kept = Schedule.objects.create(
        preset=budget, days="mon, fri", begins=time(22), ends=time(6)
    )
    page = reverse("admin:brains_schedule_change", args=[kept.pk])
    assert ticked(admin_client.get(page)) == ["mon", "fri"]
    assert len(ticked(admin_client.get(ADD))) == 7


def ticked(answer):
    html = answer.content.decode()
    return re.findall(r'name="days" value="(\w+)"[^>]* checked', html)


def test_time_zones_complete(admin_client, db):
    html = admin_client.get(ADD).content.decode()
    assert 'list="time-zones"' in html and '<datalist id="time-zones">' in html
    assert '<option value="Europe/Berlin">' in html


@pytest.mark.parametrize("key", ["", "set"])
def test_a_preset_that_could_not_answer_is_a_warning_only(
    admin_client, budget, settings, key
):
    three = (openrouter("", key), local("", "", "", {}), offline("", ""))
    settings.AURA_PROVIDERS = Registry({p.name: p for p in three})
    saved = admin_client.post(ADD, form(budget), follow=True).content.decode()
    kept = Schedule.objects.get()
    page = reverse("admin:brains_schedule_change", args=[kept.pk])
    later = admin_client.get(page).content.decode()
    assert ("Saved. Then L1, L2, L3 and Embedding cannot answer." in saved) != bool(key)
    assert ("Then L1, L2, L3 and Embedding cannot answer." in later) != bool(key)


def test_who_may_not_change_what_is_live_makes_no_schedule(
    client, django_user_model, budget
):
    user = django_user_model.objects.create_user("bob", password="x", is_staff=True)
    names = ("add_schedule", "change_schedule", "view_schedule")
    user.user_permissions.set(Permission.objects.filter(codename__in=names))
    client.force_login(user)
    assert client.post(ADD, form(budget)).status_code == 403
    assert client.get(LIST).status_code == 200
    user.user_permissions.add(Permission.objects.get(codename="activate_modelpreset"))
    assert client.post(ADD, form(budget)).status_code == 302


def test_the_status_page_says_what_comes_next(client, budget):
    address = reverse("status")
    assert "Schedule" not in client.get(address).content.decode()
    Schedule.objects.create(preset=budget, begins=time(22), ends=time(6))
    page = client.get(address).content.decode()
    assert "Next: Budget " in page
