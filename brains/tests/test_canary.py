"""A canary begins beside what is live, changes its share, and ends in one of three ways."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from brains import activation, live
from brains.activation import Author
from brains.canary import changes as canary_changes
from brains.canary import rows as canaries
from brains.canary.models import Canary
from brains.canary.sentences import how_it_ended
from brains.errors import (
    CanaryRefused,
    CanaryRuns,
    EmbeddingLocked,
    NoCanary,
    PresetChanged,
    PresetNotFound,
)
from brains.models import ModelPreset
from brains.tests.records import ANN, count, everything, newest, preset, revisions

pytestmark = pytest.mark.django_db
TEN = Decimal(10)
BOB = Author("bob")


def start(candidate, percent=TEN, author=ANN, **options):
    return canary_changes.start(candidate, percent, author, **options)


def ended(canary):
    canary.refresh_from_db()
    return canary.how, canary.ended_by_name, canary.ended_with


@pytest.fixture
def canary(budget, hybrid):
    """Hybrid is live as revision 1, Budget is tried."""
    activation.activate(hybrid, BOB)
    return start(budget)


def test_it_begins_beside_what_is_live_and_is_no_revision(canary):
    assert revisions() == [(1, "activate", "Hybrid")]
    now = live.load()
    assert (now.selection.preset, now.selection.revision) == ("Hybrid", 1)
    split = now.canary
    assert split is not None
    assert (split.percent, split.by, split.since) == (TEN, "ann", canary.started_at)
    assert (split.candidate.preset, split.candidate.revision) == ("Budget", 1)
    assert split.candidate.choice("l1").value == "google/gemma-7b-it"


def test_its_row_says_who_why_and_since_when(canary):
    [row] = Canary.objects.all()
    assert (row.started_by_name, row.reason, row.how) == ("ann", "cheaper", "")
    assert row.preset == preset("Budget") and row.preset_name == "Budget"
    assert [(step["percent"], step["by"]) for step in row.steps] == [("10", "ann")]
    assert str(row) == "canary of Budget"


def test_it_may_run_beside_no_preset_at_all(budget):
    start(budget)
    now = live.load()
    assert now.canary is not None
    assert (now.selection.preset, now.canary.candidate.preset) == (None, "Budget")


def test_each_step_tells_the_workers(canary):
    before = count()
    canary_changes.change(Decimal(20), ANN)
    assert count() == before + 1
    canary_changes.abort(ANN)
    assert count() == before + 2


def test_it_tries_what_was_saved_whatever_the_preset_becomes(canary):
    budget = preset("Budget")
    budget.l1_model = "new/model"
    activation.save_preset(budget, ANN)
    split = live.load().canary
    assert split is not None
    assert split.candidate.choice("l1").value == "google/gemma-7b-it"


def test_another_share_keeps_the_salt_and_is_noted(canary):
    salt = canary.salt
    canary_changes.change(Decimal("12.5"), BOB, canary=canary.pk)
    canary.refresh_from_db()
    assert (canary.percent, canary.salt) == (Decimal("12.5"), salt)
    assert [step["percent"] for step in canary.steps] == ["10", "12.5"]
    assert canary.steps[-1]["by"] == "bob"


def test_promoting_activates_the_candidate_to_the_letter(canary):
    budget = preset("Budget")
    budget.l1_model = "new/model"
    activation.save_preset(budget, ANN)

    outcome = activation.promote_canary(BOB)

    assert outcome.changed and revisions()[-1] == (2, "activate", "Budget")
    assert newest().as_snapshot() == canary.as_snapshot()
    assert newest().reason == "Promoted from a canary with 10 % of the calls."
    assert ended(canary) == ("promoted", "bob", 2)
    now = live.load()
    assert now.canary is None
    assert now.selection.choice("l1").value == "google/gemma-7b-it"


def test_promoting_keeps_the_reason_that_is_given(canary):
    activation.promote_canary(Author("bob", reason="it is as good"))
    assert newest().reason == "it is as good"


def test_a_candidate_with_other_vectors_is_not_promoted_past_the_lock(hybrid, settings):
    settings.AURA_EMBEDDING_LOCK = True
    activation.activate(hybrid, BOB)
    canary = start(preset("Offline"))
    with pytest.raises(EmbeddingLocked, match="AURA_EMBEDDING_LOCK is on"):
        activation.promote_canary(BOB)
    assert ended(canary) == ("", "", None)
    assert len(revisions()) == 1


def test_going_back_by_itself_ends_it(canary):
    assert activation.auto_revert(1, "Calls failed.").changed
    assert ended(canary) == ("replaced", "Aura", 2)


def test_a_candidate_that_was_deleted_can_be_promoted(canary):
    activation.delete_presets([preset("Budget")])
    activation.promote_canary(BOB)
    assert newest().preset is None and newest().preset_name == "Budget"


def test_aborting_leaves_what_is_live(canary):
    canary_changes.abort(BOB)
    assert ended(canary) == ("aborted", "bob", None)


def test_why_it_was_aborted_is_kept_and_shown(canary):
    canary_changes.abort(replace(BOB, reason="It answers in French."))
    canary.refresh_from_db()
    assert how_it_ended(canary).endswith(": It answers in French.")
    assert canary.ended_at is not None
    assert revisions() == [(1, "activate", "Hybrid")]
    assert live.load().canary is None


def test_any_other_revision_ends_it_and_its_row_says_which(canary, hybrid):
    others = [
        lambda: activation.activate(preset("Offline"), BOB),
        lambda: activation.roll_back(1, BOB),
        lambda: activation.deactivate(BOB),
    ]
    for revision, change in enumerate(others, start=2):
        tried = canaries.running() or start(preset("Budget"))
        assert change().changed
        assert ended(tried) == ("replaced", "bob", revision)
    assert live.load().canary is None


def test_an_edit_of_the_live_preset_ends_it(canary):
    hybrid = preset("Hybrid")
    hybrid.l2_model = "new/model"
    activation.save_preset(hybrid, BOB)
    assert ended(canary) == ("replaced", "bob", 2)


def test_a_trial_that_nobody_confirms_ends_it(budget, hybrid):
    activation.activate(hybrid, BOB, trial=timedelta(minutes=1))
    canary = start(budget)
    activation.end_trial(timezone.now() + timedelta(minutes=2))
    assert ended(canary) == ("replaced", "Aura", 2)


def test_a_confirmation_leaves_it_running(budget, hybrid):
    activation.activate(hybrid, BOB, trial=timedelta(minutes=1))
    canary = start(budget)
    assert activation.confirm(BOB).changed
    assert ended(canary) == ("", "", None)


def test_what_changes_nothing_leaves_it_running(canary, hybrid):
    assert not activation.activate(hybrid, BOB).changed
    activation.save_preset(preset("Offline"), BOB)
    assert ended(canary) == ("", "", None)


def test_one_runs_at_most(canary):
    with pytest.raises(CanaryRuns, match="Budget is tried already, with 10 %"):
        start(preset("Offline"))
    assert Canary.objects.count() == 1


def test_the_table_itself_takes_one_at_most(canary):
    with pytest.raises(IntegrityError), transaction.atomic():
        Canary.objects.create(
            snapshot={}, percent=1, steps=[], started_at=canary.started_at
        )


def test_what_is_live_cannot_be_tried(canary, hybrid):
    canary_changes.abort(ANN)
    with pytest.raises(CanaryRefused, match="Hybrid is live"):
        start(hybrid)


@pytest.mark.parametrize("percent", ["0", "-1", "0.4", "10.2", "100.5", "NaN", "1e9"])
def test_a_percentage_that_is_none_is_refused_and_changes_nothing(budget, percent):
    before = everything()
    with pytest.raises(CanaryRefused, match=r"from 0\.5 to 100"):
        start(budget, Decimal(percent))
    assert everything() == before and not Canary.objects.exists()


def test_a_preset_that_somebody_changed_meanwhile_is_refused(budget):
    opened_at = budget.updated_at.isoformat()
    activation.save_preset(preset("Budget"), BOB)
    with pytest.raises(PresetChanged):
        start(budget, opened_at=opened_at)


def test_a_preset_that_is_gone_is_refused(budget):
    ModelPreset.objects.filter(pk=budget.pk).delete()
    with pytest.raises(PresetNotFound):
        start(budget)


def test_without_a_canary_nothing_can_be_done_to_it(budget):
    for step in (
        lambda: activation.promote_canary(ANN),
        lambda: canary_changes.abort(ANN),
        lambda: canary_changes.change(TEN, ANN),
    ):
        with pytest.raises(NoCanary, match="No canary runs"):
            step()


def test_a_step_meant_for_an_earlier_canary_changes_nothing(canary):
    canary_changes.abort(ANN)
    other = start(preset("Offline"))
    with pytest.raises(NoCanary, match="over; Offline is tried now"):
        activation.promote_canary(ANN, canary=canary.pk)
    assert ended(other) == ("", "", None)


def test_a_field_that_was_not_there_at_its_start_is_blank(canary):
    del canary.snapshot["values"]["l1_fallback"]
    assert canary.as_snapshot().values["l1_fallback"] == ""
