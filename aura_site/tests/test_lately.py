"""The state line, and `/health`, say which layer fails or is slow, with the figures and the
mend; of few calls they conclude nothing."""

import pytest
from django.utils import timezone

from aura_site import worker
from brains import activation, attention, live
from brains.activation import Author
from brains.health import report
from brains.models import ModelPreset
from brains.tests.status_reader import registry, shown, words
from gateway.tests.usage_rows import call, record

pytestmark = pytest.mark.django_db

FAILED = {"status": 502, "error": "upstream_error", "first_chunk_s": None}
MODELS = {"l1": "google/gemma-7b-it", "l3": "google/gemini-flash-1.5"}


@pytest.fixture(autouse=True)
def _budget_is_live(settings):
    settings.AURA_PROVIDERS = registry()
    settings.AURA_ENV_RUNG, settings.AURA_DOTENV_RUNG = {}, {}
    settings.AURA_SETTING_PROBLEMS = ()
    activation.activate(ModelPreset.objects.get(name="Budget"), Author("ann"))
    live.load()
    attention.forget()
    yield
    live.forget()
    attention.forget()


def put(count, layer="l1", **fields):
    own = {"began_at": timezone.now(), "revision": 1, "model": MODELS[layer]}
    fields = {"layer": layer} | own | fields
    record(*(call(**fields) for _ in range(count)))
    attention.forget()


def state_line(client):
    html = client.get("/?fragment").content.decode()
    return words(html.partition('class="verdict"')[2].partition("</div>")[0])


def seen_by_this_process():
    worker._look_at_calls()
    return report()


def test_all_is_well_while_layers_are_quick(client):
    put(100, first_chunk_s=0.4)
    assert "All well" in state_line(client)
    assert "attention" not in seen_by_this_process()


def test_a_slow_layer_is_said_with_its_figures_and_the_mend(client):
    put(90, first_chunk_s=0.3)
    put(10, first_chunk_s=0.82)
    assert (
        "▲ L1 is slow The first token of L1 takes 820 ms (p95) where 500 ms is its budget: 10 of "
        "its last 100 calls were late, in the last minute. Activate a preset with a quicker model "
        "for L1, or name a fallback: it is asked beside a slow one."
    ) in state_line(client)


def test_reactions_that_were_given_up_are_slow(client):
    put(20, status=499, error="over_budget", first_chunk_s=0.5)
    assert "takes over 500 ms, where it is given up (p95)" in state_line(client)


def test_a_layer_that_fails_is_said_with_its_figures_and_the_mend(client):
    put(18, "l3")
    put(2, "l3", **FAILED)
    assert (
        "▲ L3 fails 2 of the last 20 calls to L3 failed (10 %), in the last minute. See Calls in "
        "the admin for their errors; activate another preset, or name fallbacks of L3."
    ) in state_line(client)


@pytest.mark.parametrize(
    ("good", "slow", "bad"), [(0, 19, 0), (0, 0, 19), (95, 5, 0), (91, 0, 9)]
)
def test_noise_is_not_said(client, good, slow, bad):
    put(good)
    put(slow, first_chunk_s=3.0)
    put(bad, **FAILED)
    assert "All well" in state_line(client)


def test_of_several_the_one_that_fails_comes_first_and_the_other_is_listed(client):
    put(20, first_chunk_s=0.9)
    put(20, "l3", **FAILED)
    line = state_line(client)
    assert "L3 fails and L1 is slow 20 of the last 20 calls to L3 failed" in line
    assert "See what to mend." in line
    mend = shown(client).partition("To mend")[2]
    assert "l1 The first token of L1 takes 900 ms" in mend and "calls to L3" not in mend


def test_a_swap_ends_it_at_once(client):
    put(20, first_chunk_s=0.9)
    assert "L1 is slow" in state_line(client)
    activation.activate(ModelPreset.objects.get(name="Hybrid"), Author("ann"))
    assert "All well" in state_line(client)


def test_the_list_of_presets_says_the_same(admin_client):
    put(20, first_chunk_s=0.9)
    [found] = seen_by_this_process()["attention"]
    shown = words(admin_client.get("/admin/brains/modelpreset/").content.decode())
    assert f"L1 is slow. {found['reason']} {found['hint']}" in shown


def test_health_says_the_same_and_fails_for_nothing(client):
    put(20, first_chunk_s=0.9)
    body = seen_by_this_process()
    assert (body["status"], body["problems"]) == ("ok", [])
    [found] = body["attention"]
    assert (found["source"], found["name"]) == ("calls", "l1")
    assert found["reason"] in state_line(client) and found["hint"]


def test_health_asks_no_database_for_it(django_assert_num_queries):
    put(20, first_chunk_s=0.9)
    seen_by_this_process()
    with django_assert_num_queries(0):
        assert report()["attention"]


def test_what_was_seen_long_ago_is_not_said(monkeypatch):
    put(20, first_chunk_s=0.9)
    assert "attention" in seen_by_this_process()
    monkeypatch.setattr(attention, "STALE_S", 0.0)
    assert "attention" not in report()
