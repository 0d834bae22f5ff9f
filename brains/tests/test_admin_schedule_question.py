"""In the admin a schedule that changes what is live within a minute is asked about before it is
saved, and says afterwards what it does."""

import re
from datetime import UTC, datetime, time
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from brains import activation
from brains.canary import changes as canary_changes
from brains.canary import rows as canaries
from brains.models import Schedule
from brains.schedules.turns import take_turns
from brains.tests.operators import member, read, told
from brains.tests.records import ANN, newest, preset, revisions

pytestmark = pytest.mark.django_db
LIST = reverse("admin:brains_schedule_changelist")
ADD = reverse("admin:brains_schedule_add")
NIGHT = datetime(2026, 11, 26, 23, tzinfo=UTC)
BEGUN = (
    "The hours of Budget have begun: it goes live within a minute and until 06:00 on Fri "
    "2026-11-27 (UTC)."
)
ENDS = "The canary of Performance, with 10 % of the calls, ends with this change."
HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)">')


@pytest.fixture(autouse=True)
def _now(monkeypatch, settings):
    settings.AURA_ENV_RUNG, settings.AURA_DOTENV_RUNG = {}, {}
    monkeypatch.setattr(timezone, "now", lambda: NIGHT)


@pytest.fixture
def night(budget, hybrid):
    """Hybrid was live, and Budget is by its schedule."""
    activation.activate(hybrid, ANN)
    made = Schedule.objects.create(preset=budget, begins=time(22), ends=time(6))
    take_turns(NIGHT)
    return Schedule.objects.get(pk=made.pk)


def form(preset, **fields):
    days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
    values = {"preset": preset.pk, "days": days, "begins": "22:00", "ends": "06:00"}
    sent = {**values, "time_zone": "UTC", "is_enabled": "on", **fields}
    return {name: value for name, value in sent.items() if value}


def page_of(schedule):
    return reverse("admin:brains_schedule_change", args=[schedule.pk])


def confirm(client, url, question):
    """Press the button of a question, and return the next page."""
    html = question.content.decode()
    sent: dict[str, list[str]] = {}
    for name, value in HIDDEN.findall(html):
        sent.setdefault(name, []).append(value)
    [sentence] = re.findall(r'name="confirmed" value="([^"]+)"', html)
    return client.post(url, {**sent, "confirmed": sentence}, follow=True)


def test_hours_that_have_begun_are_asked_about_and_begin(admin_client, budget, hybrid):
    activation.activate(hybrid, ANN)
    canary_changes.start(preset("Performance"), Decimal(10), ANN)

    question = admin_client.post(ADD, form(budget, _save="Save"))

    text = read(question)
    assert BEGUN in text and ENDS in text
    assert "local/phi-3-mini-4k" in text and "google/gemma-7b-it" in text
    assert "Save, and make Budget live" in text
    assert not Schedule.objects.exists()

    saved = confirm(admin_client, ADD, question)

    assert saved.redirect_chain == [(LIST, 302)]
    assert f"{BEGUN} {ENDS}" in told(saved)
    assert "begins now" in read(saved) and "waiting" not in read(saved)
    assert Schedule.objects.get().days == "mon,tue,wed,thu,fri,sat,sun"
    take_turns(NIGHT)
    assert newest().preset_name == "Budget" and canaries.running() is None
    listed = admin_client.get(LIST)
    assert "begins now" not in read(listed) and "on" in read(listed)


def test_what_was_read_is_what_is_confirmed(admin_client, budget, hybrid):
    activation.activate(hybrid, ANN)
    question = admin_client.post(ADD, form(budget))
    canary_changes.start(preset("Performance"), Decimal(10), ANN)

    again = confirm(admin_client, ADD, question)

    assert ENDS in read(again) and not Schedule.objects.exists()


def test_the_check_of_its_models_is_said(admin_client, chosen):
    text = read(admin_client.post(ADD, form(chosen)))

    assert "until 06:00 on Fri 2026-11-27 (UTC), if its models answer." in text


def test_a_preset_that_is_live_already_is_not_asked_about(admin_client, budget):
    activation.activate(budget, ANN)

    saved = admin_client.post(ADD, form(budget), follow=True)

    assert Schedule.objects.exists()
    assert (
        "The hours of Budget have begun: it is live already, and stays so until 06:00 on "
        "Fri 2026-11-27 (UTC)."
    ) in told(saved)


def test_hours_to_come_are_said_by_their_own_clock(admin_client, budget):
    sent = form(budget, begins="08:00", ends="09:00", time_zone="Europe/Berlin")

    saved = admin_client.post(ADD, sent, follow=True)

    assert "Next: Budget begins at 08:00 on Fri 2026-11-27 (Europe/Berlin)." in told(
        saved
    )
    assert "waiting" in read(saved)


def test_one_behind_another_that_is_on_waits(admin_client, night, hybrid):
    saved = admin_client.post(ADD, form(hybrid), follow=True)

    assert (
        "The hours of Hybrid have begun, but the schedule of Budget comes first: Hybrid "
        "waits for its end."
    ) in told(saved)
    assert "begins now" not in read(saved)


def test_one_that_is_switched_off_says_so(admin_client, budget):
    saved = admin_client.post(ADD, form(budget, is_enabled=""), follow=True)

    assert "It is switched off: it does nothing." in told(saved)


def test_an_edit_that_ends_it_is_asked_about(admin_client, night, budget):
    url, sent = page_of(night), form(budget, is_enabled="")

    question = admin_client.post(url, sent)

    ends = (
        "The schedule of Budget ends within a minute: revision 1 (Hybrid) comes back."
    )
    assert ends in read(question) and "Save, and end it now" in read(question)
    night.refresh_from_db()
    assert night.is_enabled
    saved = confirm(admin_client, url, question)
    assert ends in told(saved) and "ends now" in read(saved)
    take_turns(NIGHT)
    assert revisions()[-1] == (3, "roll_back", "Hybrid")


def test_an_end_that_changes_nothing_is_not_asked_about(admin_client, night, budget):
    activation.activate(preset("Performance"), ANN)

    saved = admin_client.post(page_of(night), form(budget, ends="22:30"), follow=True)

    assert "ends within a minute; what is live stays." in " ".join(told(saved))


def test_the_first_of_two_gives_way_to_the_second(admin_client, night, budget, hybrid):
    Schedule.objects.create(preset=hybrid, begins=time(21), ends=time(7))

    text = read(admin_client.post(page_of(night), form(budget, is_enabled="")))

    assert "The schedule of Budget ends within a minute." in text
    assert "The hours of Hybrid have begun: it goes live" in text


def test_a_clock_that_skips_its_hours_is_said(admin_client, budget, monkeypatch):
    monkeypatch.setattr("brains.schedules.times.LOOK_AHEAD", range(0))

    saved = admin_client.post(ADD, form(budget), follow=True)

    assert "It never begins: a clock skips its hours." in told(saved)


def test_what_is_refused_is_not_asked_about(admin_client, budget):
    refused = admin_client.post(ADD, form(budget, time_zone="Berlin"))

    assert "Write it as in Europe/Berlin" in refused.content.decode()
    assert (
        admin_client.post(
            reverse("admin:brains_schedule_change", args=[99]), form(budget)
        ).status_code
        == 302
    )
    who = member("add_schedule", "change_schedule", "view_schedule")
    assert who.post(ADD, form(budget)).status_code == 403


def test_a_change_of_vectors_that_is_held_up_is_said(admin_client, hybrid, settings):
    settings.AURA_EMBEDDING_LOCK = True
    activation.activate(hybrid, ANN)

    text = read(admin_client.post(ADD, form(preset("Offline"))))

    assert "AURA_EMBEDDING_LOCK is on" in text
    assert "Until that is mended it is left out." in text


def test_what_a_deleted_one_made_live_is_said_to_stay(admin_client, night):
    url = reverse("admin:brains_schedule_delete", args=[night.pk])

    gone = admin_client.post(url, {"post": "yes"}, follow=True)

    assert "What it made live stays live." in told(gone)
    assert newest().preset_name == "Budget"


def test_deleting_the_first_lets_the_second_begin_and_says_so(
    admin_client, night, hybrid
):
    Schedule.objects.create(preset=hybrid, begins=time(21), ends=time(7))
    data = {"action": "delete_selected", "_selected_action": [night.pk], "post": "yes"}

    gone = admin_client.post(LIST, data, follow=True)

    [said] = [each for each in told(gone) if "stays live" in each]
    assert "The hours of Hybrid have begun: it goes live within a minute" in said
