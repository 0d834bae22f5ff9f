"""A change after which calls go worse is taken back, once, with its reason."""

from datetime import timedelta

import pytest
from django.utils import timezone

from brains import activation
from brains.models import Activation, ModelPreset
from gateway.guard.judgement import Limits
from gateway.guard.newest import CALLS_MAX
from gateway.guard.watch import Guard
from gateway.tests.usage_rows import call, record

pytestmark = pytest.mark.django_db

ANN = activation.Author("ann")
SECOND = timedelta(seconds=1)


def preset(name):
    return ModelPreset.objects.get(name=name)


def newest():
    found = activation.latest()
    assert found is not None
    return found


def calls(revision, count, **fields):
    """Put calls of a revision on record, as they would begin from now on."""
    now = timezone.now()
    rows = [call(0, now + i * timedelta(microseconds=1), revision=revision, **fields)
            for i in range(count)]  # fmt: skip
    record(*rows)


@pytest.fixture
def change():
    """Budget was live and served well; Hybrid is live now, as revision 2."""
    activation.activate(preset("Budget"), ANN)
    calls(1, 100)
    activation.activate(preset("Hybrid"), ANN)


def look(after=SECOND, **limits):
    return Guard(Limits(**limits)).look(timezone.now() + after)


def test_a_change_that_makes_calls_fail_is_taken_back(change):
    calls(2, 10)
    calls(2, 15, status=502, error="upstream_unreachable")

    outcome = look()

    assert outcome and outcome.changed
    row = newest()
    assert (row.revision, row.action, row.preset_name) == (3, "auto_revert", "Budget")
    assert (row.restores, row.by_name) == (1, "Aura")
    assert row.reason == (
        "15 of its last 25 calls failed (60%); before the change 0% did."
    )


def test_what_a_canary_s_candidate_does_badly_is_not_held_against_what_is_live(change):
    calls(2, 100, canary="control")
    calls(2, 100, canary="candidate", status=502, error="upstream_unreachable")
    assert look() is None
    assert newest().revision == 2


def test_what_is_live_answers_for_itself_beside_a_canary(change):
    calls(2, 100, canary="control", status=502, error="upstream_unreachable")
    calls(2, 100, canary="candidate")
    assert look()
    assert newest().action == "auto_revert"


def test_a_change_that_serves_well_stays(change):
    calls(2, 500)
    assert look() is None
    assert newest().revision == 2


def test_a_few_calls_decide_nothing(change):
    calls(2, 19, status=500, error="upstream_error")
    assert look() is None
    calls(2, 1, status=500, error="upstream_error")
    assert look()


def test_a_stream_that_broke_off_is_a_failure(change):
    calls(2, 30, status=200, error="upstream_truncated")
    assert look()


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, "invalid_request_error"),
        (429, "rate_limit_exceeded"),
        (499, "client_gone"),
        (503, "overloaded"),
        (503, "server_shutting_down"),
    ],
)
def test_what_is_not_the_models_doing_does_not_count(change, status, error):
    calls(2, 50, status=status, error=error)
    assert look() is None


def test_what_failed_as_often_before_is_no_breach():
    activation.activate(preset("Budget"), ANN)
    calls(1, 50)
    calls(1, 50, status=502, error="upstream_unreachable")
    activation.activate(preset("Hybrid"), ANN)
    calls(2, 50)
    calls(2, 50, status=502, error="upstream_unreachable")
    assert look() is None


def test_first_chunks_far_over_budget_are_a_breach(change):
    calls(2, 30, layer="l1", first_chunk_s=1.2)
    assert look()
    assert newest().reason == (
        "The first chunks of L1 took 1200 ms (p95) where its budget is 500 ms."
    )


def test_a_layer_that_was_as_slow_before_is_no_breach():
    activation.activate(preset("Budget"), ANN)
    calls(1, 30, layer="l1", first_chunk_s=1.5)
    activation.activate(preset("Hybrid"), ANN)
    calls(2, 30, layer="l1", first_chunk_s=1.4)
    assert look() is None


def test_calls_that_cost_many_times_as_much_are_a_breach(change):
    calls(2, 30, cost_usd="0.0006")
    assert look()
    assert newest().reason == (
        "A call cost 0.000600 USD on average, 6.0 times what it cost before "
        "(0.000100 USD)."
    )


def test_unknown_costs_are_no_breach(change):
    calls(2, 30, cost_usd=None)
    assert look() is None


def test_limits_can_be_set(change):
    calls(2, 30, cost_usd="0.0003")
    assert look() is None
    assert look(cost=2.5)


def test_it_goes_back_once_and_then_holds(change):
    calls(2, 30, status=502, error="upstream_unreachable")
    assert look()
    calls(3, 500, status=502, error="upstream_unreachable")
    assert look() is None
    assert newest().revision == 3


def test_a_change_that_a_person_confirmed_is_left_alone():
    activation.activate(preset("Budget"), ANN)
    activation.activate(preset("Hybrid"), ANN, trial=timedelta(minutes=5))
    activation.confirm(ANN)
    calls(3, 50, status=502, error="upstream_unreachable")
    assert look() is None


def test_a_trial_goes_back_to_what_was_for_good():
    activation.activate(preset("Budget"), ANN)
    activation.activate(preset("Performance"), ANN, trial=timedelta(minutes=5))
    activation.activate(preset("Hybrid"), ANN, trial=timedelta(minutes=5))
    calls(3, 50, status=502, error="upstream_unreachable")
    assert look()
    assert newest().restores == 1


def test_after_its_first_minutes_a_change_is_left_alone(change):
    calls(2, 50, status=502, error="upstream_unreachable")
    assert look(after=timedelta(minutes=16)) is None
    assert look(after=timedelta(minutes=14))


def test_the_first_change_of_all_goes_back_to_no_preset():
    activation.activate(preset("Hybrid"), ANN)
    calls(1, 50, status=502, error="upstream_unreachable")
    assert look()
    assert (newest().action, newest().preset_name) == ("auto_revert", None)


def test_what_another_person_changed_meanwhile_is_not_taken_back(change):
    activation.activate(preset("Budget"), ANN)
    assert not activation.auto_revert(2, "too late").changed
    assert newest().revision == 3


def test_only_the_newest_calls_are_read(change, django_assert_num_queries):
    calls(2, CALLS_MAX, status=502, error="upstream_unreachable")
    calls(2, CALLS_MAX)
    guard = Guard(Limits())
    guard.look(timezone.now() + SECOND)
    with django_assert_num_queries(2):  # the newest change, and its calls
        assert guard.look(timezone.now() + SECOND) is None


def test_no_change_at_all_is_nothing_to_look_at():
    assert look() is None
    assert not Activation.objects.exists()
