"""The pages of a rehearsal: the question with its estimate, both sides as plain text, and who
may."""

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django_tasks_db.models import DBTaskResult

from brains.tests.operators import member, read, told
from cognition.rehearsal import tasks
from cognition.rehearsal.models import Rehearsal
from gateway.kept.models import KeptExchange
from gateway.kept.sealing import key_file
from gateway.tests.kept import kept

pytest_plugins = ("cognition.tests.rehearsing",)
pytestmark = pytest.mark.django_db

L3 = "google/gemini-flash-1.5"
SCRIPT = "<script>alert(1)</script>"
FORM = {"count": 20, "layer": "", "cap_usd": "1.00"}
READS, REHEARSES = "view_keptexchange", "rehearse_keptexchange"


@pytest.fixture
def client(db):
    return member(READS, REHEARSES, "view_modelpreset", "activate_modelpreset")


@pytest.fixture
def question(budget):
    return reverse("admin:cognition_rehearsal_start", args=[budget.pk])


def page(name, rehearsal):
    return reverse(f"admin:cognition_rehearsal_{name}", args=[rehearsal.pk])


def finished(begun):
    rehearsal = begun()
    tasks.rehearse.call(rehearsal.pk, rehearsal.leased_until.isoformat())
    return rehearsal


def test_the_question_begins_a_rehearsal(
    client, keeping, question, django_capture_on_commit_callbacks
):
    kept()
    assert "1 exchange, about $0.0000" in read(client.get(question))
    with django_capture_on_commit_callbacks(execute=True):
        answer = client.post(question, FORM, follow=True)
    rehearsal = Rehearsal.objects.get()
    assert (rehearsal.by_name, rehearsal.cap_usd) == ("member", 1.0)
    assert answer.redirect_chain[-1][0] == page("change", rehearsal)
    assert "Asking Budget: 0 of 1." in read(answer)
    [enqueued] = DBTaskResult.objects.all()
    tasks.rehearse.call(*enqueued.args_kwargs["args"])
    assert "All 1 were asked." in read(client.get(page("change", rehearsal)))


def test_an_estimate_begins_nothing(client, keeping, question):
    kept()
    client.post(question, FORM | {"estimate": "Estimate"})
    assert not Rehearsal.objects.exists()


def test_an_estimate_above_the_cap_is_refused(client, keeping, question):
    kept(output_tokens=10_000_000)
    text = read(client.post(question, FORM))
    assert "By the price table it would cost $" in text
    assert not Rehearsal.objects.exists()


def test_a_model_without_a_price_is_said_and_not_refused(client, keeping, question):
    kept(input_tokens=None, output_tokens=None)
    assert f"Not in it: what {L3} would cost" in read(client.get(question))
    client.post(question, FORM)
    assert Rehearsal.objects.exists()


@pytest.mark.parametrize(
    "wrong",
    [{"count": 0}, {"count": 201}, {"cap_usd": "0"}, {"cap_usd": ""}, {"layer": "l9"}]
    + [{"layer": "l1"}],
)
def test_what_cannot_be_asked_is_refused(client, keeping, question, wrong):
    kept()
    assert client.post(question, FORM | wrong).status_code == 200
    assert not Rehearsal.objects.exists()


def test_the_empty_states_say_what_to_do(client, keeping, question, settings):
    assert "Nothing is kept yet." in read(client.get(question))
    settings.AURA_KEEP_PROMPTS = False
    assert "AURA_KEEP_PROMPTS=on" in read(client.get(question))


def test_a_preset_that_is_gone_leads_to_the_list(client, budget, question):
    budget.delete()
    assert told(client.get(question, follow=True)) == [
        "That preset is gone. Choose one in the list."
    ]


def test_both_sides_are_plain_text(client, begun, upstream):
    kept(reply=SCRIPT, asked={"messages": [{"role": "user", "content": SCRIPT}]})
    upstream.script(L3, body={"choices": [{"message": {"content": SCRIPT}}]})
    html = client.get(page("change", finished(begun))).content.decode()
    assert SCRIPT not in html
    assert html.count("&lt;script&gt;alert(1)&lt;/script&gt;") == 3


def test_the_page_sums_both_sides_up(client, begun, upstream):
    kept(duration_s=2.0, cost_usd=0.5)
    kept(layer="l1", duration_s=4.0, cost_usd=0.25)
    upstream.script("google/gemma-7b-it", status=400)
    text = read(client.get(page("change", finished(begun))))
    assert "Answered 2 1" in text and "Failed none are kept 1" in text
    assert "Median time 2 s" in text and "Cost in all $0.50" in text
    assert "Failed" in text and "Candidate: Budget" in text


def test_first_tokens_are_summed_up_and_a_lost_key_leaves_the_figures(client, begun):
    kept(is_streamed=True, first_chunk_s=0.25)
    rehearsal = finished(begun)
    assert "Median first token 250 ms" in read(client.get(page("change", rehearsal)))
    key_file().unlink()
    text = read(client.get(page("change", rehearsal)))
    assert "Median first token 250 ms" in text and "says hello" not in text


def test_progress_leaves_out_what_stands_there_already(client, begun):
    kept(), kept()
    address = page("progress", finished(begun))
    assert client.get(address).content.count(b"<article") == 2
    assert client.get(f"{address}?seen=1").content.count(b"<article") == 1
    assert client.get(f"{address}?seen=x").content.count(b"<article") == 2


def test_what_is_gone_is_said_to_be(client, begun):
    kept()
    rehearsal = finished(begun)
    call_command("delete_kept_exchanges")
    assert "as kept exchanges go" in read(client.get(page("change", rehearsal)))


def test_stop_stops_it_once(client, begun):
    kept()
    rehearsal = begun()
    said = [told(client.post(page("stop", rehearsal), follow=True)) for _ in range(2)]
    assert said == [
        ["Stopped. What was being asked still comes in."],
        ["It was over already."],
    ]


def test_the_list_names_each_rehearsal(client, begun):
    kept()
    finished(begun)
    text = read(client.get(reverse("admin:cognition_rehearsal_changelist")))
    assert "Budget Done just now ann" in text


@pytest.mark.parametrize("where", ["change", "activate"])
def test_a_presets_pages_lead_there_for_those_who_may(budget, question, where):
    address = reverse(f"admin:brains_modelpreset_{where}", args=[budget.pk])
    may = member("view_modelpreset", "activate_modelpreset", REHEARSES, name="may")
    may_not = member("view_modelpreset", "activate_modelpreset", READS, name="not")
    assert question in may.get(address).content.decode()
    assert question not in may_not.get(address).content.decode()


ALLOWED = {
    "question": {REHEARSES},
    "begin": {REHEARSES},
    "change": {READS},
    "progress": {READS},
    "stop": {REHEARSES},
    "rehearsals": {READS},
    "exchanges": {READS},
    "exchange": {READS},
    "delete_all": {"delete_keptexchange"},
}


@pytest.mark.parametrize("permission", [READS, REHEARSES, "delete_keptexchange", ""])
def test_who_may_what(permission, begun, question):
    row = kept()
    rehearsal = begun()
    doors = {
        "question": ("get", question),
        "begin": ("post", question),
        "change": ("get", page("change", rehearsal)),
        "progress": ("get", page("progress", rehearsal)),
        "stop": ("post", page("stop", rehearsal)),
        "rehearsals": ("get", reverse("admin:cognition_rehearsal_changelist")),
        "exchanges": ("get", reverse("admin:gateway_keptexchange_changelist")),
        "exchange": (
            "get",
            reverse("admin:gateway_keptexchange_change", args=[row.pk]),
        ),
        "delete_all": ("post", reverse("admin:gateway_keptexchange_delete_all")),
    }
    client = member(*([permission] if permission else []))
    found = {
        door
        for door, (method, address) in doors.items()
        if getattr(client, method)(address).status_code != 403
    }
    assert found == {door for door, needs in ALLOWED.items() if permission in needs}


def test_by_the_wrong_method_nothing_is_done(client, begun):
    kept()
    rehearsal = begun()
    deletes = member("delete_keptexchange", name="deletes")
    address = reverse("admin:gateway_keptexchange_delete_all")
    assert client.get(page("stop", rehearsal)).status_code == 405
    assert client.post(page("progress", rehearsal)).status_code == 405
    assert deletes.get(address).status_code == 405
    assert KeptExchange.objects.exists()


def test_anonymous_people_are_sent_to_sign_in(begun):
    kept()
    answer = Client().get(page("change", begun()))
    assert answer.status_code == 302 and "/login/" in answer["location"]
