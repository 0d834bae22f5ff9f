"""What people see of a re-embedding and do with it: the status page, the admin, the command."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from brains import activation
from brains.tests.operators import member, read, told
from brains.tests.records import ANN, newest, preset
from brains.tests.status_reader import registry
from cognition.memory.reembedding import plans, status, wording
from cognition.memory.reembedding.models import KeptSpace, ReEmbedding
from cognition.tests.memories import E5, WIDE, give_vectors, keep

pytestmark = pytest.mark.django_db
LIST = "admin:cognition_reembedding_changelist"


@pytest.fixture(autouse=True)
def _settled(settings, wide):
    settings.AURA_ENV_RUNG, settings.AURA_DOTENV_RUNG = {}, {}
    status._counted.cache_clear()
    activation.activate(preset("Offline"), ANN)


@pytest.fixture
def plan(wide):
    """A plan that has embedded 40 of 100 in 1,000 seconds, for 0.2 cents."""
    memories = keep(100, E5)
    give_vectors(memories[:40], WIDE)
    plan = plans.begin(wide, ANN)
    change(plan, paced_since=timezone.now() - timedelta(seconds=1000), cost_usd=0.002)
    return plan


def change(plan, **fields):
    ReEmbedding.objects.filter(pk=plan.pk).update(**fields)
    plan.refresh_from_db()


def page(client=None):
    return read((client or Client()).get("/?fragment=1"))


def step(client, plan, name):
    url = reverse("admin:cognition_reembedding_step", args=[plan.pk, name])
    return client.post(url, follow=True)


# The status page


def test_the_status_page_shows_count_rate_time_left_and_to_staff_the_cost(
    plan, admin_client
):
    shown = page()

    assert "Re-embedding for Wide" in shown
    assert "40 of 100 memories (40.0 %), 2 a minute, about 25 min left." in shown
    assert f"vectors of {WIDE} beside those of {E5}" in shown
    assert "Cost so far" not in shown and "See it" not in shown
    assert "Cost so far: $0.0020." in page(admin_client)
    html = admin_client.get("/?fragment=1").content.decode()
    assert '<progress max="100" value="40"' in html
    assert reverse("admin:cognition_reembedding_change", args=[plan.pk]) in html


def test_it_says_that_it_is_paused_fails_or_stopped(plan):
    plans.pause(plan)
    assert "▲ Paused. Memories get vectors of" in page()

    plans.resume(plan)
    ago = timezone.now() - timedelta(minutes=7)
    change(plan, failing_since=ago, error="OpenRouter answered 503.")
    shown = page()
    assert "Failing for 7 minutes: OpenRouter answered 503. It is tried again" in shown
    assert "Re-embedding for Wide. Failing for 7 minutes" in shown
    assert (
        "Vectors of memories" in shown and "Mend that; it goes on by itself." in shown
    )

    change(plan, state="failed", outcome="Wide was deleted.", ended_at=timezone.now())
    assert "▲ Wide was deleted." in page()
    change(plan, ended_at=timezone.now() - timedelta(days=2))
    assert "Re-embedding for Wide" not in page()


def test_it_says_how_many_have_no_vector_of_what_the_environment_made_effective(
    settings, wide
):
    keep(101, E5)
    settings.AURA_ENV_RUNG = {"AURA_EMBEDDING_DIMENSION": "576"}
    activation.save_preset(preset("Offline"), ANN)
    blank = preset("Default")
    activation.auto_revert(newest().revision, "A test.")

    shown = page()

    assert blank.embedding_model == ""
    assert f"101 memories have no vector of {WIDE}: they are not recalled." in shown
    assert "Run `manage.py reembed`" in shown
    plans.begin(None, ANN)
    assert "they are not recalled" not in page()
    assert "Embedding what has no vector" in page()


def test_it_names_the_vectors_that_are_kept_for_the_way_back():
    until = timezone.now() + timedelta(hours=3)
    KeptSpace.objects.create(
        model=WIDE.model, dimension=576, is_whole=True, until=until
    )

    assert f"Kept: going back to these is instant. {WIDE} until " in page()


def test_it_says_nothing_where_nothing_is_stored():
    assert "memories" not in page() and "Old vectors" not in page()


# The admin


def test_the_list_says_what_is_open_and_its_page_has_the_buttons(plan, admin_client):
    listed = read(admin_client.get(reverse(LIST)))
    one = admin_client.get(
        reverse("admin:cognition_reembedding_change", args=[plan.pk])
    )

    assert f"Re-embedding for Wide, {WIDE}: running." in listed
    assert "40 of 100 memories" in read(one) and f"from {E5} to {WIDE}" in read(one)
    assert 'value="Pause"' in one.content.decode()


def test_pause_resume_and_cancel(plan, admin_client):
    assert told(step(admin_client, plan, "pause")) == [
        "Paused. What is embedded is kept."
    ]
    assert 'value="Resume"' in step(admin_client, plan, "nothing").content.decode()
    assert told(step(admin_client, plan, "resume")) == ["It goes on."]
    assert told(step(admin_client, plan, "cancel")) == [
        "Cancelled. What is live stays as it is."
    ]
    again = step(admin_client, plan, "cancel")

    assert told(again) == [
        f"It is over: Wide: {WIDE} is cancelled. Nothing was changed."
    ]
    assert 'value="Cancel it"' not in again.content.decode()


def test_one_that_fails_can_be_tried_again_at_once(plan, admin_client):
    later = timezone.now() + timedelta(minutes=5)
    failing = {"failing_since": timezone.now(), "retry_at": later, "failures": 9}
    change(plan, state="switching", error="No answer.", **failing)
    shown = step(admin_client, plan, "nothing")

    assert 'value="Try again now"' in shown.content.decode()
    assert "Failing just now: No answer. It is tried again by itself." in read(shown)
    step(admin_client, plan, "resume")
    plan.refresh_from_db()
    assert (plan.state, plan.retry_at, plan.failures) == ("running", None, 0)


def test_who_may_only_look_has_no_buttons(plan):
    client = member("view_reembedding")
    url = reverse("admin:cognition_reembedding_change", args=[plan.pk])

    assert 'value="Pause"' not in client.get(url).content.decode()
    assert step(client, plan, "pause").status_code == 403


def test_the_list_offers_to_embed_what_has_no_vector(admin_client):
    keep(3)
    shown = admin_client.get(reverse(LIST))
    begun = admin_client.post(reverse("admin:cognition_reembedding_fill"), follow=True)

    assert f"3 memories without a vector of {E5}" in read(shown)
    assert told(begun) == ["What has no vector is embedded by the background tasks."]
    again = admin_client.post(reverse("admin:cognition_reembedding_fill"), follow=True)
    assert told(again)[0].startswith("Another re-embedding is open: What is live")


def test_a_preset_whose_models_do_not_answer_is_not_re_embedded_for(
    wide, admin_client, settings, upstream
):
    settings.AURA_PREFLIGHT = True
    settings.AURA_PROVIDERS = registry(url=upstream.url)
    upstream.script(WIDE.model, status=404)
    keep(3, E5)

    page = admin_client.post(
        reverse("admin:cognition_reembedding_begin", args=[wide.pk]), {}, follow=True
    )

    [message] = told(page)
    assert message.startswith(
        f"Nothing was activated. Embedding ({WIDE.model}): OpenRouter answered 404"
    )
    assert not ReEmbedding.objects.exists()


def test_a_reason_that_is_too_long_begins_nothing(wide, admin_client):
    url = reverse("admin:cognition_reembedding_begin", args=[wide.pk])

    page = admin_client.post(url, {"reason": "x" * 600}, follow=True)

    assert told(page) == ["The reason is too long. Nothing was changed."]


# The command


def said(*words):
    output = StringIO()
    call_command("reembed", *words, stdout=output)
    return output.getvalue().strip()


def test_the_command_begins_says_pauses_resumes_and_cancels(wide):
    keep(10, E5)

    begun = said("WIDE", "--reason", "wider")
    assert begun.startswith(f"Re-embedding for Wide, {WIDE}: running. Memories get")
    assert "0 of 10 memories" in begun and begun.endswith("says how far it is.")
    assert ReEmbedding.objects.get().reason == "wider"
    assert said("--pause").startswith(f"Re-embedding for Wide, {WIDE}: paused. Paused.")
    assert ": running." in said("--resume")
    assert said("--cancel").startswith(
        f"Re-embedding for Wide, {WIDE}: cancelled. Cancelled by command line"
    )
    assert said("--status").startswith("Nothing is re-embedded. The last one: Re-emb")


def test_without_a_preset_it_fills_what_is_effective():
    keep(3)

    assert said().startswith(f"Embedding what has no vector, {E5}: running.")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["nobody"], "There is no preset"),
        (["offline"], "has the embedding model that is effective"),
        ([], "Every memory has its vector"),
        (["--pause"], "there is nothing to pause"),
        (["wide", "--cancel"], "leave the preset out"),
    ],
)
def test_what_it_cannot_do_it_says(words, sentence):
    with pytest.raises(CommandError, match=sentence):
        said(*words)


# Words


@pytest.mark.parametrize(
    ("done", "passed_s", "words"),
    [
        (0, 10, "0 of 10,000 memories."),
        (
            5_000,
            10,
            "5,000 of 10,000 memories (50.0 %), 500 a second, about 10 s left.",
        ),
        (100, 60, "100 of 10,000 memories (1.0 %), 2 a second, about 1.6 h left."),
        (10, 60, "10 of 10,000 memories (0.1 %), 10 a minute, about 16.6 h left."),
        (
            5_000,
            600,
            "5,000 of 10,000 memories (50.0 %), 8 a second, about 10 min left.",
        ),
    ],
)
def test_the_pace_is_said_in_units_that_fit(done, passed_s, words):
    now = timezone.now()
    since = now - timedelta(seconds=passed_s)
    plan = ReEmbedding(done=done, total=10_000, paced_since=since)

    assert wording.pace(plan, now) == words
