"""Each change is told once over each channel, and again where a receiver was away."""

from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from brains import activation
from brains.models import Activation, ModelPreset
from gateway.notices import channels as ways
from gateway.notices.channels import RETRY_AFTER
from gateway.notices.messages import payload, text
from gateway.notices.models import NoticeMark
from gateway.notices.outbox import AT_ONCE_MAX, enqueue_new, send_notice
from providers.webhook import NotDelivered

pytestmark = pytest.mark.django_db

ANN = activation.Author("ann", reason="night costs")


@pytest.fixture(autouse=True)
def channels(settings):
    settings.AURA_WEBHOOK_URL = "http://127.0.0.1:9/hook"
    settings.AURA_NOTICE_EMAILS = ["ops@example.com"]


@pytest.fixture
def posted(monkeypatch):
    """What would go to the webhook."""
    posted = []
    monkeypatch.setattr(ways, "deliver", lambda *message: posted.append(message))
    return posted


@pytest.fixture
def away(monkeypatch):
    def deliver(*message):
        raise NotDelivered("The webhook answered with status 503.")

    monkeypatch.setattr(ways, "deliver", deliver)


def preset(name):
    return ModelPreset.objects.get(name=name)


def queued():
    """Return the arguments of the notices in the queue."""
    rows = DBTaskResult.objects.filter(task_path=send_notice.module_path)
    return sorted(tuple(row.args_kwargs["args"]) for row in rows)


def begin():
    """Make the first change, after which notices are set up."""
    activation.activate(preset("Budget"), ANN)
    enqueue_new()


def test_a_change_is_enqueued_once_for_each_channel():
    begin()
    activation.activate(preset("Hybrid"), ANN)
    enqueue_new()
    enqueue_new()
    assert queued() == [(2, "e-mail"), (2, "webhook")]


def test_what_was_before_notices_were_set_up_is_not_told():
    begin()
    assert queued() == []
    assert NoticeMark.objects.get().revision == 1


def test_the_very_first_change_is_told_where_nothing_was_before():
    enqueue_new()
    activation.activate(preset("Budget"), ANN)
    enqueue_new()
    assert queued() == [(1, "e-mail"), (1, "webhook")]


def test_of_many_changes_at_once_the_newest_are_told():
    begin()
    for _ in range(AT_ONCE_MAX):
        activation.activate(preset("Hybrid"), ANN)
        activation.activate(preset("Budget"), ANN)
    enqueue_new()
    revisions = {revision for revision, _ in queued()}
    assert revisions == set(range(AT_ONCE_MAX + 2, 2 * AT_ONCE_MAX + 2))


def test_without_channels_nothing_is_asked(settings, django_assert_num_queries):
    settings.AURA_WEBHOOK_URL, settings.AURA_NOTICE_EMAILS = "", []
    with django_assert_num_queries(0):
        enqueue_new()


def test_a_webhook_gets_the_change_as_json(posted):
    activation.activate(preset("Budget"), ANN)
    send_notice.call(1, "webhook")
    [(url, _, name, body)] = posted
    assert (url, name) == ("http://127.0.0.1:9/hook", "revision-1")
    assert b'"type":"selection.activate"' in body
    assert b'"l1_model":"google/gemma-7b-it"' in body


def test_people_get_an_e_mail():
    activation.activate(preset("Budget"), ANN)
    send_notice.call(1, "e-mail")
    [message] = mail.outbox
    assert message.to == ["ops@example.com"]
    assert message.subject == "Aura: Budget is live (revision 1)"
    assert message.body.startswith("ann activated Budget.\nWhy: night costs\n")


def test_a_name_of_a_preset_cannot_add_headers_to_an_e_mail():
    activation.activate(preset("Budget"), ANN)
    Activation.objects.update(
        snapshot={"name": "a\nBcc: b@c.d", "slug": "a", "values": {}}
    )
    with pytest.raises(ValueError, match="Header values|newline"):
        send_notice.call(1, "e-mail")


def test_a_receiver_that_is_away_is_tried_again_later(away):
    activation.activate(preset("Budget"), ANN)
    before = timezone.now()
    send_notice.call(1, "webhook")
    row = DBTaskResult.objects.get(task_path=send_notice.module_path)
    assert row.args_kwargs["args"] == [1, "webhook", 1]
    assert row.run_after >= before + RETRY_AFTER[0]


def test_it_is_given_up_in_the_end_with_an_error(away, caplog):
    activation.activate(preset("Budget"), ANN)
    send_notice.call(1, "webhook", len(RETRY_AFTER))
    assert queued() == []
    [error] = [r for r in caplog.records if r.levelname == "ERROR"]
    assert error.getMessage() == (
        "The webhook notice of revision 1 is given up: The webhook answered with status "
        "503."
    )


def test_a_channel_that_was_switched_off_is_not_used(settings, posted):
    activation.activate(preset("Budget"), ANN)
    settings.AURA_WEBHOOK_URL = ""
    send_notice.call(1, "webhook")
    assert posted == []


def test_every_action_can_be_told():
    activation.activate(preset("Budget"), ANN)
    activation.activate(preset("Hybrid"), ANN, trial=timedelta(minutes=5))
    activation.confirm(ANN)
    activation.roll_back(1, ANN)
    hybrid = preset("Budget")
    hybrid.l1_model = "a/b"
    activation.save_preset(hybrid, ANN)
    activation.auto_revert(5, "15 of its last 25 calls failed.")
    activation.deactivate(ANN)
    told = [text(row) for row in Activation.objects.order_by("revision")]
    assert {row.action for row in Activation.objects.all()} == set(
        Activation.Action.values
    )
    assert "ann rolled back to revision 1 (Budget)." in told[3]
    assert "Aura went back to revision 4 (Budget)." in told[5]
    assert "ends at" in told[1]
    assert payload(Activation.objects.get(revision=6))["data"]["restores"] == 4
