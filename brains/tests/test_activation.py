"""What is effective changes in revisions: one after the other, whole, and for good."""

from dataclasses import asdict

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, OperationalError, connection, transaction

from brains import activation, live
from brains.activation import Author
from brains.errors import PresetChanged, PresetIsLive, PresetNotFound
from brains.layers import FIELDS
from brains.models import Activation, ChangeCounter, ModelPreset

pytestmark = pytest.mark.django_db

ANN = Author("ann", reason="cheaper")


@pytest.fixture
def budget():
    return ModelPreset.objects.get(name="Budget")


@pytest.fixture
def hybrid():
    return ModelPreset.objects.get(name="Hybrid")


def newest():
    """The live activation, which there is; unannotated, so that None is no matter."""
    return activation.latest()


def count():
    return ChangeCounter.objects.get().value


def revisions():
    rows = Activation.objects.order_by("revision")
    return [(row.revision, row.action, row.preset_name) for row in rows]


def live_models():
    selection = live.load().selection
    return selection.preset, selection.choice("l1").value


def everything():
    """All that a change may touch, as it stands in the database."""
    return (
        list(Activation.objects.order_by("pk").values()),
        list(ModelPreset.objects.order_by("pk").values()),
        list(ChangeCounter.objects.values()),
    )


# Activate and deactivate.


def test_an_activated_preset_is_live_as_revision_1(budget):
    outcome = activation.activate(budget, ANN)

    assert outcome.changed
    assert outcome.replaced is None
    assert outcome.activation == activation.latest()
    assert revisions() == [(1, "activate", "Budget")]
    assert live_models() == ("Budget", "google/gemma-7b-it")
    assert activation.live_preset_id() == budget.pk


def test_an_activation_keeps_who_when_why_and_what(budget, settings):
    settings.AURA_ENV_RUNG = {"AURA_EMBEDDING_MODEL": "from/env"}
    ann = User.objects.create(username="ann")

    activation.activate(budget, Author("ann", ann, "cheaper"))

    row = Activation.objects.get()
    assert (row.by, row.by_name, row.reason) == (ann, "ann", "cheaper")
    assert row.created_at is not None
    assert row.snapshot == asdict(budget.snapshot())
    assert row.as_snapshot() == budget.snapshot()
    assert row.resolved == {
        "l1_model": ["google/gemma-7b-it", "preset"],
        "l2_model": ["anthropic/claude-3-haiku", "preset"],
        "l3_model": ["google/gemini-flash-1.5", "preset"],
        "embedding_model": ["from/env", "env"],
        "embedding_dimension": ["1536", "default"],
    }
    assert str(row) == "revision 1"


def test_revisions_go_up_by_one_and_each_change_is_told_what_it_replaced(
    budget, hybrid
):
    outcomes = [
        activation.activate(budget, ANN),
        activation.activate(hybrid, ANN),
        activation.deactivate(ANN),
        activation.activate(budget, ANN),
    ]

    assert revisions() == [
        (1, "activate", "Budget"),
        (2, "activate", "Hybrid"),
        (3, "deactivate", None),
        (4, "activate", "Budget"),
    ]
    assert [o.replaced and o.replaced.revision for o in outcomes] == [None, 1, 2, 3]


def test_activating_what_is_live_changes_nothing(budget):
    activation.activate(budget, ANN)
    before = everything()

    outcome = activation.activate(budget, Author("bob"))

    assert not outcome.changed
    assert outcome.activation == outcome.replaced == activation.latest()
    assert everything() == before


def test_a_preset_is_activated_as_it_is_saved_and_not_as_it_is_held(budget):
    ModelPreset.objects.filter(pk=budget.pk).update(l1_model="saved/since")

    activation.activate(budget, ANN)

    assert live_models() == ("Budget", "saved/since")


def test_activating_the_live_preset_after_it_changed_behind_our_back_is_a_revision(
    budget,
):
    activation.activate(budget, ANN)
    ModelPreset.objects.filter(pk=budget.pk).update(l1_model="changed/in-sql")

    assert activation.activate(budget, ANN).changed
    assert live_models() == ("Budget", "changed/in-sql")


def test_a_preset_that_was_deleted_meanwhile_cannot_be_activated(budget):
    held = ModelPreset.objects.get(pk=budget.pk)
    activation.delete_presets([budget])
    before = everything()

    with pytest.raises(PresetNotFound, match="Budget was deleted"):
        activation.activate(held, ANN)

    assert everything() == before


def test_after_deactivating_every_value_comes_from_below(budget):
    activation.activate(budget, ANN)

    outcome = activation.deactivate(ANN)

    assert outcome.changed
    assert newest().as_snapshot() is None
    assert activation.live_preset_id() is None
    assert live_models() == (None, "mistralai/mistral-7b-instruct")
    assert live.current().selection.revision == 2


def test_deactivating_when_nothing_is_live_changes_nothing(budget):
    before = everything()
    outcome = activation.deactivate(ANN)
    assert (outcome.activation, outcome.replaced, outcome.changed) == (
        None,
        None,
        False,
    )
    assert everything() == before

    activation.activate(budget, ANN)
    activation.deactivate(ANN)
    before = everything()
    assert not activation.deactivate(ANN).changed
    assert everything() == before


def test_the_selection_comes_from_the_snapshot_of_the_highest_revision(budget):
    activation.activate(budget, ANN)
    ModelPreset.objects.filter(pk=budget.pk).update(l1_model="not/activated")

    assert live_models() == ("Budget", "google/gemma-7b-it")


def test_an_older_snapshot_that_is_appended_restores_exactly_what_was(budget, hybrid):
    activation.activate(budget, ANN)
    first = newest()
    before = live.load().selection
    budget.l1_model, budget.name = "changed/since", "Renamed"
    activation.save_preset(budget, ANN)
    activation.activate(hybrid, ANN)

    Activation.objects.create(
        revision=4,
        action=activation.Action.ROLL_BACK,
        preset=first.preset,
        snapshot=first.snapshot,
        resolved=first.resolved,
        by_name="ann",
    )

    after = live.load().selection
    assert (after.revision, after.preset, after.choices) == (
        4,
        before.preset,
        before.choices,
    )


# What workers are told.


def test_each_change_bumps_the_counter_once_and_nothing_else_does(budget, hybrid):
    steps = [
        (1, lambda: activation.activate(budget, ANN)),
        (0, lambda: activation.activate(budget, ANN)),
        (1, lambda: activation.save_preset(hybrid, ANN)),
        (1, lambda: activation.save_preset(budget, ANN)),
        (1, lambda: activation.delete_presets([hybrid])),
        (1, lambda: activation.deactivate(ANN)),
        (0, lambda: activation.deactivate(ANN)),
        (1, lambda: activation.publish()),
    ]
    for expected, change in steps:
        before = count()
        with transaction.atomic():
            change()
        assert count() - before == expected


def test_this_process_looks_at_once_when_a_change_is_committed(
    budget, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks() as callbacks:
        activation.activate(budget, ANN)
    assert not live.changed.is_set()

    for callback in callbacks:
        callback()

    assert live.changed.is_set()


def test_a_missing_counter_row_is_made_again(budget):
    ChangeCounter.objects.all().delete()

    activation.activate(budget, ANN)

    assert count() == 1


# Edit.


def test_an_edit_of_the_live_preset_is_a_revision(budget):
    first = activation.activate(budget, ANN).activation
    budget.l1_model = "new/model"

    outcome = activation.save_preset(budget, Author("bob", reason="try"))

    assert outcome.changed
    assert (newest().revision, outcome.replaced) == (2, first)
    assert revisions()[1] == (2, "edit", "Budget")
    assert (outcome.activation, newest().by_name) == (newest(), "bob")
    assert live_models() == ("Budget", "new/model")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *((field, "new/value") for field in FIELDS[:-1]),
        ("embedding_dimension", 7),
        ("l1_model", ""),
        ("name", "Renamed"),
        ("slug", "renamed"),
    ],
)
def test_an_edit_of_anything_that_callers_see_is_a_revision(budget, field, value):
    activation.activate(budget, ANN)
    setattr(budget, field, value)
    budget.full_clean()

    assert activation.save_preset(budget, ANN).changed
    assert newest().as_snapshot() == budget.snapshot()


def test_an_edit_of_the_description_is_no_revision(budget):
    activation.activate(budget, ANN)
    budget.description = "What it is for."

    assert not activation.save_preset(budget, ANN).changed
    assert len(revisions()) == 1
    assert ModelPreset.objects.get(pk=budget.pk).description == "What it is for."


def test_an_edit_of_another_preset_is_no_revision_but_workers_load_it(budget, hybrid):
    first = activation.activate(budget, ANN).activation
    before = count()
    hybrid.l1_model = "new/model"

    outcome = activation.save_preset(hybrid, ANN)

    assert not outcome.changed
    assert outcome.activation == first
    assert len(revisions()) == 1
    assert count() == before + 1
    assert live.load().presets["hybrid"].choice("l1").value == "new/model"


def test_a_new_preset_is_saved_and_is_no_revision():
    preset = ModelPreset(name="Mine", l1_model="a/b")
    preset.full_clean()

    outcome = activation.save_preset(preset, ANN, opened_at="")

    assert (outcome.activation, outcome.changed) == (None, False)
    assert live.load().presets["mine"].choice("l1").value == "a/b"


def test_a_save_from_a_fresh_form_is_taken(budget):
    opened_at = budget.updated_at.isoformat()
    budget.l1_model = "new/model"

    activation.save_preset(budget, ANN, opened_at=opened_at)

    assert ModelPreset.objects.get(pk=budget.pk).l1_model == "new/model"


@pytest.mark.parametrize("is_live", [True, False])
def test_a_save_from_a_stale_form_is_refused_and_says_when_it_was_changed(
    budget, is_live
):
    if is_live:
        activation.activate(budget, ANN)
    opened_at = budget.updated_at.isoformat()
    mine = ModelPreset.objects.get(pk=budget.pk)
    theirs = ModelPreset.objects.get(pk=budget.pk)
    theirs.l1_model = "their/model"
    activation.save_preset(theirs, Author("bob"), opened_at=opened_at)
    before = everything()
    mine.l2_model = "my/model"

    with pytest.raises(PresetChanged, match=f"{theirs.updated_at:%H:%M:%S} UTC"):
        activation.save_preset(mine, ANN, opened_at=opened_at)

    assert everything() == before


@pytest.mark.parametrize("opened_at", [None, "2026-01-01T00:00:00+00:00"])
def test_a_save_of_a_preset_that_was_deleted_meanwhile_does_not_bring_it_back(
    budget, opened_at
):
    held = ModelPreset.objects.get(pk=budget.pk)
    activation.delete_presets([budget])
    before = everything()

    with pytest.raises(PresetChanged, match="Budget was deleted"):
        activation.save_preset(held, ANN, opened_at=opened_at)

    assert everything() == before


# Delete.


def test_a_preset_that_is_not_live_is_deleted(budget, hybrid):
    activation.activate(budget, ANN)

    activation.delete_presets(ModelPreset.objects.filter(pk=hybrid.pk))

    assert not ModelPreset.objects.filter(name="Hybrid").exists()
    assert "hybrid" not in live.load().presets


def test_deleting_the_live_preset_is_refused_with_a_sentence_and_deletes_none(
    budget, hybrid
):
    activation.activate(budget, ANN)
    before = everything()

    with pytest.raises(PresetIsLive, match="Budget is live and cannot be deleted") as e:
        activation.delete_presets([hybrid, budget])

    assert "Activate another preset, or deactivate it" in str(e.value)
    assert everything() == before
    assert hybrid.pk is not None


def test_a_preset_in_the_history_is_deleted_and_its_snapshot_stays(budget, hybrid):
    activation.activate(budget, ANN)
    activation.activate(hybrid, ANN)
    snapshot = budget.snapshot()

    activation.delete_presets([budget])

    first = Activation.objects.get(revision=1)
    assert (first.preset, first.preset_name) == (None, "Budget")
    assert first.as_snapshot() == snapshot
    assert live_models()[0] == "Hybrid"


def test_a_deactivated_preset_can_be_deleted(budget):
    activation.activate(budget, ANN)
    activation.deactivate(ANN)

    activation.delete_presets([budget])

    assert revisions() == [(1, "activate", "Budget"), (2, "deactivate", None)]


def test_a_user_who_is_deleted_stays_in_the_history_by_name(budget):
    ann = User.objects.create(username="ann")
    activation.activate(budget, Author("ann", ann))

    ann.delete()

    row = Activation.objects.get()
    assert (row.by, row.by_name) == (None, "ann")


# History.


def test_history_is_neither_changed_nor_deleted(budget):
    activation.activate(budget, ANN)
    row = newest()
    row.reason = "another"

    with pytest.raises(TypeError, match="append a new one"):
        row.save()
    with pytest.raises(TypeError, match="not deleted"):
        row.delete()

    assert Activation.objects.get().reason == "cheaper"


def test_the_database_refuses_a_revision_that_was_given(budget):
    activation.activate(budget, ANN)

    with pytest.raises(IntegrityError), transaction.atomic():
        Activation.objects.create(
            revision=1, action="activate", resolved={}, by_name="ann"
        )


# Names.


def test_a_preset_is_found_by_name_without_regard_to_case_or_by_slug(budget):
    economy = ModelPreset.objects.create(name="\u00c9conomie")

    for name in ("Budget", "budget", " BUDGET "):
        assert activation.find_preset(name) == budget
    for name in ("\u00c9conomie", "\u00e9conomie", "\u00c9CONOMIE", "economie"):
        assert activation.find_preset(name) == economy


def test_a_name_goes_before_another_preset_s_slug(budget):
    ModelPreset.objects.filter(pk=budget.pk).update(slug="cheap")
    ModelPreset.objects.create(name="Aaa", slug="budget")

    assert activation.find_preset("Budget") == budget


@pytest.mark.parametrize("name", ["", "Budge", "\x00", "\ud800", "x" * 10_000])
def test_an_unknown_name_is_answered_with_those_that_exist(name):
    with pytest.raises(PresetNotFound, match="Presets: .*Budget, Default") as e:
        activation.find_preset(name)

    assert len(str(e.value)) < 250
    assert str(e.value).isprintable()


def test_with_no_preset_at_all_an_unknown_name_says_so():
    ModelPreset.objects.all().delete()

    with pytest.raises(PresetNotFound, match=r"Presets: none\."):
        activation.find_preset("Budget")


# When the database fails on the way.


class Failing:
    """Lets `good` statements through to the database and refuses the one after."""

    def __init__(self, good):
        self.left = good

    def __call__(self, execute, sql, params, many, context):
        self.left -= 1
        if self.left == -1:
            raise OperationalError("the server went away")
        return execute(sql, params, many, context)


def edited():
    preset = ModelPreset.objects.get(name="Budget")
    preset.l1_model = "new/model"
    return preset


CHANGES = {
    "activate": lambda: activation.activate(
        ModelPreset.objects.get(name="Hybrid"), ANN
    ),
    "deactivate": lambda: activation.deactivate(ANN),
    "edit": lambda: activation.save_preset(edited(), ANN, opened_at=None),
    "delete": lambda: activation.delete_presets(
        ModelPreset.objects.filter(name="Default")
    ),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_failure_at_any_step_leaves_everything_as_it_was(
    budget, change, django_capture_on_commit_callbacks
):
    activation.activate(budget, ANN)
    before = everything()

    for good in range(100):
        failing = Failing(good)
        with django_capture_on_commit_callbacks() as callbacks:
            try:
                with connection.execute_wrapper(failing):
                    change()
            except OperationalError:
                assert everything() == before
                assert callbacks == []
                continue
        break

    assert good >= 5
    assert everything() != before
    assert len(callbacks) == 1


def test_a_change_inside_a_transaction_that_fails_later_leaves_everything_as_it_was(
    budget, django_capture_on_commit_callbacks
):
    before = everything()

    with (
        django_capture_on_commit_callbacks() as callbacks,
        pytest.raises(RuntimeError),
        transaction.atomic(),
    ):
        activation.activate(budget, ANN)
        raise RuntimeError

    assert everything() == before
    assert callbacks == []
