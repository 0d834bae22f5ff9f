"""Notices of what is no change of what is live: a model that leaves, a breaker that opens."""

from datetime import time, timedelta

import pytest
from django.core import mail
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from brains import live
from brains.catalogue.catalogue import today
from brains.models import ModelPreset, Schedule
from brains.tests.cataloguing import listed, providers, read
from gateway.background.tasks import tell_expiry
from gateway.notices import channels as ways
from gateway.notices.breakers import AGAIN_AFTER, BreakerNotices
from gateway.notices.channels import RETRY_AFTER
from gateway.notices.events import Event, send_event, tell
from gateway.notices.expiry import tell_of_leaving
from gateway.notices.left_out import tell_of_left_out
from gateway.notices.models import NoticeTold
from providers.breaker import FAILURES, Breakers
from providers.webhook import NotDelivered

pytestmark = pytest.mark.django_db
EVENT = Event("test.event", ("a",), "Aura: a", "It is a.", {"a": 1})
HAIKU = "anthropic/claude-3-haiku"
DEEPSEEK = "deepseek/deepseek-chat"


@pytest.fixture(autouse=True)
def channels(settings):
    settings.AURA_WEBHOOK_URL = "http://127.0.0.1:9/hook"
    settings.AURA_NOTICE_EMAILS = ["ops@example.com"]
    settings.AURA_PROVIDERS = providers()
    settings.AURA_ENV_RUNG, settings.AURA_DOTENV_RUNG = {}, {}
    live.forget()
    yield
    live.forget()


@pytest.fixture
def posted(monkeypatch):
    """What would go to the webhook."""
    posted = []
    monkeypatch.setattr(ways, "deliver", lambda *message: posted.append(message))
    return posted


def queued():
    """Return the notices in the queue, oldest first: the letter and its channel."""
    rows = DBTaskResult.objects.filter(task_path=send_event.module_path)
    return [tuple(row.args_kwargs["args"]) for row in rows.order_by("enqueued_at")]


def subjects():
    return [letter["subject"] for letter, channel in queued() if channel == "e-mail"]


def leaves(model_id, days=12):
    read(listed(model_id, expires_on=today() + timedelta(days=days)))


def test_an_event_is_told_once_over_each_channel():
    assert tell(EVENT) is True
    assert tell(EVENT) is False

    assert sorted(channel for _, channel in queued()) == ["e-mail", "webhook"]
    letters = [letter for letter, _ in queued()]
    assert letters[0] == letters[1] and letters[0]["id"].startswith("test.event-")


def test_after_its_time_it_is_told_again_under_another_id():
    tell(EVENT, timedelta(minutes=10))
    assert tell(EVENT, timedelta(minutes=10)) is False
    NoticeTold.objects.update(told_at=timezone.now() - timedelta(minutes=11))

    assert tell(EVENT, timedelta(minutes=10)) is True
    assert len({letter["id"] for letter, _ in queued()}) == 2


def test_a_clock_that_stood_in_the_future_holds_nothing_up():
    tell(EVENT, timedelta(minutes=10))
    NoticeTold.objects.update(told_at=timezone.now() + timedelta(days=400))

    assert tell(EVENT, timedelta(minutes=10)) is True


def test_without_channels_nothing_is_asked_and_nothing_counts_as_told(
    settings, django_assert_num_queries
):
    settings.AURA_WEBHOOK_URL, settings.AURA_NOTICE_EMAILS = "", []
    with django_assert_num_queries(0):
        tell(EVENT)
        tell_of_leaving()
    settings.AURA_NOTICE_EMAILS = ["ops@example.com"]

    assert tell(EVENT) is True


def test_programs_get_json_and_people_a_text(posted):
    tell(EVENT)
    for letter, channel in queued():
        send_event.call(letter, channel)

    [(url, _, name, body)] = posted
    assert url == "http://127.0.0.1:9/hook" and name.startswith("test.event-")
    assert b'"type":"test.event"' in body and b'"data":{"a":1}' in body
    [message] = mail.outbox
    assert (message.subject, message.body) == ("Aura: a", "It is a.")


def test_a_receiver_that_is_away_is_tried_again_and_given_up(monkeypatch, caplog):
    def deliver(*message):
        raise NotDelivered("The webhook answered with status 503.")

    monkeypatch.setattr(ways, "deliver", deliver)
    letter = {"id": "x-1", "payload": {}, "subject": "s", "text": "t"}

    send_event.call(letter, "webhook")
    assert queued() == [(letter, "webhook", 1)]
    send_event.call(letter, "webhook", len(RETRY_AFTER))
    assert len(queued()) == 1
    assert "The webhook notice x-1 is given up: The webhook answered" in caplog.text


def test_a_channel_that_was_switched_off_is_not_used(settings, posted):
    settings.AURA_WEBHOOK_URL = ""

    send_event.call({"id": "x", "payload": {}, "subject": "", "text": ""}, "webhook")

    assert posted == []


# A model that leaves.


def test_a_model_that_leaves_is_told_once_and_not_every_day():
    leaves(HAIKU)

    tell_expiry.call()
    leaves(HAIKU, days=11)
    tell_expiry.call()

    [subject] = subjects()
    assert subject == f"Aura: {HAIKU} leaves on {today() + timedelta(days=12)}"
    letter = queued()[0][0]
    assert "named by preset Budget: name another model there" in letter["text"]
    data = letter["payload"]["data"]
    assert (data["model"], data["named_by"]) == (HAIKU, ["preset Budget"])


def test_it_is_told_again_when_another_preset_names_it():
    leaves(HAIKU)
    tell_of_leaving()

    ModelPreset.objects.filter(slug="hybrid").update(l2_model=HAIKU)
    tell_of_leaving()
    tell_of_leaving()

    assert len(subjects()) == 2
    assert queued()[-1][0]["payload"]["data"]["named_by"] == [
        "preset Budget",
        "preset Hybrid",
    ]


def test_what_stays_is_not_told():
    leaves(HAIKU, days=31)

    tell_of_leaving()

    assert queued() == []


# A breaker that opens.


class Clock:
    """A monotonic clock that moves when it is told to."""

    now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


def fail(breakers, model=DEEPSEEK, settings=None):
    route = providers().route(model)
    for _ in range(FAILURES):
        breakers.failed(route)
    return route


def test_a_breaker_that_opens_is_told_with_what_it_serves(clock):
    breakers = Breakers(clock)
    fail(breakers)

    BreakerNotices(breakers).tell()

    assert subjects() == [f"Aura: {DEEPSEEK} at OpenRouter keeps failing"]
    letter = queued()[0][0]
    assert (
        "failed 5 times in a row" in letter["text"]
        and "It serves L3." in letter["text"]
    )
    payload = letter["payload"]
    assert payload["type"] == "breaker.open"
    assert payload["data"] | {"node": ""} == {
        "provider": "openrouter",
        "model": DEEPSEEK,
        "layers": ["L3"],
        "node": "",
    }


def test_a_model_that_failed_less_is_not_told(clock):
    breakers = Breakers(clock)
    route = providers().route(DEEPSEEK)
    for _ in range(FAILURES - 1):
        breakers.failed(route)

    BreakerNotices(breakers).tell()

    assert queued() == []


def test_while_it_stays_open_nothing_more_is_asked(clock, django_assert_num_queries):
    breakers = Breakers(clock)
    fail(breakers)
    notices = BreakerNotices(breakers)
    notices.tell()
    clock.now += 3600  # half open: tried again, and still failing

    with django_assert_num_queries(0):
        notices.tell()


def test_of_all_workers_one_tells_within_ten_minutes(clock):
    workers = [Breakers(clock), Breakers(clock)]
    for breakers in workers:
        fail(breakers)
        BreakerNotices(breakers).tell()
    fail(workers[0], "a/other")
    BreakerNotices(workers[0]).tell()

    assert len(subjects()) == 2


def test_one_that_opens_again_is_told_again_after_ten_minutes(clock):
    breakers = Breakers(clock)
    notices = BreakerNotices(breakers)
    for minutes in (0, 5, 11):
        NoticeTold.objects.update(told_at=timezone.now() - timedelta(minutes=minutes))
        route = fail(breakers)
        notices.tell()
        breakers.succeeded(route)
        notices.tell()

    assert len(subjects()) == 2 and timedelta(minutes=10) == AGAIN_AFTER


def test_what_could_not_be_told_is_told_at_the_next_look(clock, monkeypatch):
    breakers = Breakers(clock)
    fail(breakers)
    notices = BreakerNotices(breakers)
    with monkeypatch.context() as patch:
        patch.setattr(NoticeTold.objects, "select_for_update", _locked)
        with pytest.raises(RuntimeError):
            notices.tell()

    notices.tell()

    assert len(subjects()) == 1


def _locked():
    raise RuntimeError("database is locked")


# A schedule that was left out.


def test_a_schedule_that_is_left_out_is_told_each_time():
    schedule = Schedule.objects.create(
        preset=ModelPreset.objects.get(slug="offline"),
        begins=time(22),
        ends=time(6),
        left_out="AURA_EMBEDDING_LOCK is on.",
    )
    now = timezone.now()

    for when in (now, now, now + timedelta(days=1)):
        tell_of_left_out(schedule, when)

    assert subjects() == ["Aura: Offline was not made live by its schedule"] * 2
    letter = queued()[0][0]
    assert "AURA_EMBEDDING_LOCK is on." in letter["text"]
    assert "tried again at its next begin" in letter["text"]
    data = letter["payload"]["data"]
    assert (data["preset"], data["schedule"]) == ("offline", schedule.pk)
