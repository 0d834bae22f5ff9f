"""The pages say what came of a canary's two sides, and keep its cost from strangers."""

from datetime import timedelta
from decimal import Decimal
from types import SimpleNamespace

import pytest
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone

from aura_site import canary as module
from brains import activation, attention, live
from brains.activation import Author
from brains.canary import changes as canary_changes
from brains.models import ModelPreset
from brains.tests.status_reader import words
from gateway.tests.usage_rows import call, record
from providers.registry import Registry
from providers.shipped import local, offline, openrouter

pytestmark = pytest.mark.django_db
ANN = Author("ann")
PAGE = reverse("admin:brains_modelpreset_canary")


@pytest.fixture(autouse=True)
def _fresh():
    module._sides.cache_clear()
    live.forget()
    attention.forget()
    yield
    live.forget()
    attention.forget()


@pytest.fixture
def canary():
    hybrid = ModelPreset.objects.get(name="Hybrid")
    activation.activate(hybrid, ANN)
    budget = ModelPreset.objects.get(name="Budget")
    return canary_changes.start(budget, Decimal(10), ANN)


def calls(side, count, **fields):
    now = timezone.now() + timedelta(seconds=1)
    return [call(began_at=now, canary=side, **fields) for _ in range(count)]


@pytest.fixture
def traffic(canary):
    record(
        *calls("control", 18, first_chunk_s=0.3, cost_usd="0.002"),
        *calls("candidate", 1, first_chunk_s=0.05, cost_usd="0.0004"),
        *calls(
            "candidate",
            1,
            status=502,
            error="upstream",
            first_chunk_s=None,
            cost_usd=None,
        ),
    )


def box(client):
    html = client.get("/?fragment").content.decode()
    return words(html.partition('class="canary"')[2].partition("</section>")[0])


def test_status_has_no_box_while_no_canary_runs(client):
    assert box(client) == ""


def test_status_shows_both_sides(client, traffic):
    seen = box(client)
    assert "10 % of the calls go to Budget , since just now , by ann." in seen
    assert "Control Hybrid, 90 % Candidate Budget, 10 %" in seen
    assert "Calls 18 (90.0 %) 2 (10.0 %)" in seen
    assert "Errors none 1 (50.0 %)" in seen
    assert "L3 first token, p50 and p95" in seen


def test_status_says_what_is_not_known_yet(client, canary):
    seen = box(client)
    assert "Calls none yet none yet" in seen
    assert "Errors – –" in seen


def test_a_layer_that_one_side_did_not_stream_has_no_times_there(client, canary):
    record(*calls("control", 2, layer="l1", first_chunk_s=0.3))
    assert "L1 first token, p50 and p95 300 ms, 300 ms –" in box(client)


def test_cost_is_shown_to_staff_alone(client, admin_client, traffic):
    assert "Cost" not in box(client)
    assert "Cost per call $0.0020 $0.00040" in box(admin_client)


FAILED = {"status": 502, "error": "upstream", "first_chunk_s": None, "cost_usd": None}


@pytest.fixture
def reachable(settings):
    three = (openrouter("", "key"), local("", "", "", {}), offline("", ""))
    settings.AURA_PROVIDERS = Registry({p.name: p for p in three})


def state_line(client):
    html = client.get("/?fragment").content.decode()
    return words(html.partition('class="verdict"')[2].partition("</div>")[0])


def test_a_candidate_that_fails_markedly_more_is_the_first_thing_said(
    client, admin_client, canary, reachable
):
    record(*calls("control", 99), *calls("control", 1, **FAILED))
    record(*calls("candidate", 13), *calls("candidate", 7, **FAILED))
    said = (
        "Of 20 calls that went to Budget since its canary began, 35 % failed; of the others "
        "1 %."
    )
    assert f"Canary fails {said} Abort it" in state_line(client)
    assert said in words(admin_client.get(PAGE).content.decode())


def test_a_candidate_that_fails_in_one_layer_alone_is_said(client, canary, reachable):
    record(*calls("control", 100), *calls("candidate", 400))
    record(*calls("candidate", 20, layer="l1", **FAILED))
    said = "Of 20 L1 calls that went to Budget since its canary began, 100 % failed"
    assert f"Canary fails {said}" in state_line(client)


def test_what_is_live_and_fails_beside_a_canary_is_said(client, canary, reachable):
    own = {"preset": "Hybrid", "revision": live.load().selection.revision}
    record(*calls("control", 60, **own), *calls("control", 40, **own, **FAILED))
    record(*calls("candidate", 20))
    assert "L3 fails 40 of the last 100 calls to L3 failed (40 %)" in state_line(client)


@pytest.mark.parametrize(
    ("control", "candidate"),
    [((80, 20), (75, 25)), ((100, 0), (0, 19)), ((0, 0), (0, 0))],
)
def test_noise_and_what_fails_on_both_sides_are_not_said(
    client, canary, reachable, control, candidate
):
    for side, (good, bad) in (("control", control), ("candidate", candidate)):
        record(*calls(side, good), *calls(side, bad, **FAILED))
    assert "All well" in state_line(client)


def test_only_who_may_act_is_led_to_the_page(client, admin_client, canary):
    assert "Promote" not in box(client)
    assert "Promote, change or abort it" in box(admin_client)


def test_admin_shows_the_same_figures(admin_client, traffic):
    seen = words(admin_client.get(PAGE).content.decode())
    assert "Calls 18 (90.0 %) 2 (10.0 %)" in seen
    assert "Cost per call $0.0020 $0.00040" in seen


def test_command_shows_the_same_figures(traffic, capsys):
    call_command("canary", "status")
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("Budget takes 10 % of the calls since ")
    assert lines[1].split() == ["control:", "Hybrid", "candidate:", "Budget"]
    assert lines[2].split() == ["Calls", "18", "(90.0", "%)", "2", "(10.0", "%)"]
    assert lines[-1].split() == ["Cost", "per", "call", "$0.0020", "$0.00040"]


def test_figures_are_read_at_most_every_few_seconds(client, traffic, monkeypatch):
    now = [1000.0]
    clock = SimpleNamespace(monotonic=lambda: now[0])
    monkeypatch.setattr(module, "time", clock)
    seen = box(client)
    record(*calls("candidate", 5))
    assert box(client) == seen
    now[0] += module.KEPT_S
    assert "7 (28.0 %)" in box(client)
