"""Importing presets: all of a file or nothing, with a report; an edit of the live preset is a
revision."""

import pytest

from brains import activation
from brains.activation import Author
from brains.as_code import report
from brains.as_code.applying import import_presets
from brains.as_code.document import read_document
from brains.as_code.plan import Options, What
from brains.as_code.writing import write_document
from brains.errors import PresetChanged
from brains.models import Activation, ModelPreset
from brains.schedules.models import Schedule
from brains.tests.records import everything, preset
from brains.tests.status_reader import activated

pytestmark = pytest.mark.django_db
ANN = Author("ann", reason="from git")


def file(*rows):
    """A file of these presets, each a dict of fields."""
    text = "version: 1\npresets:\n"
    for row in rows:
        lines = [f"{name}: {value}" for name, value in row.items()]
        text += "  - " + "\n    ".join(lines) + "\n"
    return text if rows else "version: 1\npresets: []\n"


def done(text, allow=lambda plan: None, **options):
    document = read_document(text.encode())
    return import_presets(document, ANN, Options(**options), allow)


def steps(imported):
    return [(str(step.what), step.preset.slug) for step in imported.plan.steps]


def exported():
    return write_document(ModelPreset.objects.all())


def test_presets_are_added_and_changed_and_the_others_stay():
    imported = done(
        file(
            {"name": "Budget", "slug": "budget", "l1_model": "a/b"},
            {"name": "Night", "embedding_dimension": 384},
        )
    )

    budget, night = preset("Budget"), preset("Night")
    assert imported.is_applied
    assert steps(imported) == [("changed", "budget"), ("added", "night")]
    assert (budget.l1_model, budget.l2_model) == ("a/b", "")
    assert (night.slug, night.embedding_dimension) == ("night", 384)
    assert ModelPreset.objects.count() == 7


def test_each_field_is_told_before_and_after():
    imported = done(file({"name": "Budget", "l1_model": "a/b"}))

    changes = {c.field: (c.before, c.after) for c in imported.plan.steps[0].changes}
    assert changes["l1_model"] == ("google/gemma-7b-it", "a/b")
    assert changes["l2_model"] == ("anthropic/claude-3-haiku", "")
    assert "name" not in changes and "slug" not in changes


def test_what_was_exported_changes_nothing():
    activated("Budget")
    before = everything()

    imported = done(exported(), prune=True)

    assert {step.what for step in imported.plan.steps} == {What.UNCHANGED}
    assert imported.revision is None
    assert everything() == before


def test_importing_twice_changes_nothing_the_second_time():
    text = file({"name": "Night", "l1_model": "a/b"}, {"name": "Day"})
    done(text)
    before = everything()

    assert steps(done(text)) == [("unchanged", "night"), ("unchanged", "day")]
    assert everything() == before


@pytest.mark.fault("E10")
def test_one_bad_row_changes_nothing():
    activated("Budget")
    before = everything()

    imported = done(
        file(
            {"name": "Budget", "l1_model": "a/b"},
            {"name": "Night"},
            {"name": "Bad", "l1_model": "no model"},
        ),
        prune=True,
        activate="Night",
    )

    assert imported.is_refused and not imported.is_applied
    assert [(r.line, r.preset, r.field) for r in imported.plan.refusals] == [
        (7, "Bad", "l1_model")
    ]
    assert everything() == before


def test_a_dry_run_tells_and_changes_nothing():
    activated("Budget")
    before = everything()

    imported = done(
        file({"name": "Budget"}), dry_run=True, prune=True, activate="Budget"
    )

    assert not imported.is_applied and steps(imported)[0] == ("changed", "budget")
    assert len(imported.plan.of(What.REMOVED)) == 5
    assert everything() == before


def test_an_edit_of_the_live_preset_is_a_revision():
    activated("Budget")

    imported = done(file({"name": "Budget", "l1_model": "a/b"}))

    newest = activation.latest()
    assert newest and imported.revision == newest.revision == 2
    assert (newest.action, newest.by_name, newest.reason) == ("edit", "ann", "from git")
    assert newest.snapshot and newest.snapshot["values"]["l1_model"] == "a/b"


def test_what_is_not_live_is_no_revision():
    activated("Budget")

    imported = done(file({"name": "Offline", "l1_model": "a/b"}))

    assert imported.revision is None and Activation.objects.count() == 1


def test_prune_removes_the_others_but_never_the_live_preset():
    activated("Hybrid")

    imported = done(file({"name": "Night"}), prune=True)

    assert steps(imported)[0] == ("added", "night")
    assert ("kept", "hybrid") in steps(imported)
    names = set(ModelPreset.objects.values_list("name", flat=True))
    assert names == {"Night", "Hybrid"}


def test_an_empty_file_removes_nothing_unless_told_to():
    assert done(file()).is_applied
    assert ModelPreset.objects.count() == 6

    done(file(), prune=True)
    assert ModelPreset.objects.count() == 0


@pytest.mark.parametrize("name", ["Night", "night", "NIGHT"])
def test_a_preset_of_the_file_is_activated_in_the_same_step(name):
    imported = done(file({"name": "Night", "l1_model": "a/b"}), activate=name)

    newest = activation.latest()
    assert newest and newest.preset_name == "Night" and imported.revision == 1


def test_activating_what_is_not_there_changes_nothing():
    before = everything()

    imported = done(file({"name": "Night"}), activate="Nihgt")

    (refusal,) = imported.plan.refusals
    assert refusal.field == "activate" and everything() == before


def test_what_is_pruned_cannot_be_activated():
    assert done(file({"name": "Night"}), prune=True, activate="Budget").is_refused


def test_a_preset_with_a_schedule_is_not_pruned_unseen():
    Schedule.objects.create(preset=preset("Hybrid"), begins="22:00", ends="06:00")
    before = everything()

    imported = done(file({"name": "Night"}), prune=True)

    (refusal,) = imported.plan.refusals
    assert refusal.preset == "Hybrid" and "has a schedule" in refusal.reason
    assert everything() == before


def test_a_slug_keeps_a_preset_that_is_renamed():
    before = preset("Budget").pk

    imported = done(file({"name": "Cheap", "slug": "budget"}))

    assert steps(imported) == [("changed", "budget")]
    assert preset("Cheap").pk == before


def test_two_presets_can_swap_their_names():
    done(
        file(
            {"name": "Offline", "slug": "budget"}, {"name": "Budget", "slug": "offline"}
        )
    )

    assert preset("Offline").slug == "budget" and preset("Budget").slug == "offline"


def test_a_name_may_be_taken_over_from_what_is_pruned():
    done(file({"name": "Budget", "slug": "new"}), prune=True)

    assert preset("Budget").slug == "new"


def test_a_slug_is_made_that_is_free():
    imported = done(
        file(
            {"name": "Night shift"},
            {"name": "Night, shift"},
            {"name": "Other", "slug": "night-shift-3"},
        )
    )

    assert [slug for _, slug in steps(imported)] == [
        "night-shift",
        "night-shift-2",
        "night-shift-3",
    ]


@pytest.mark.fault("E10")
@pytest.mark.parametrize(
    ("rows", "field"),
    [
        ([{"name": "A", "slug": "x"}, {"name": "B", "slug": "x"}], "slug"),
        ([{"name": "A", "slug": "x"}, {"name": "B", "slug": "X"}], "slug"),
        ([{"name": "Night"}, {"name": "night"}], "name"),
        ([{"name": "Budget"}, {"name": "Other", "slug": "budget"}], "slug"),
        ([{"name": "Other", "slug": "budget"}, {"name": "Budget"}], "name"),
    ],
)
def test_a_preset_that_stands_there_twice_is_refused(rows, field):
    before = everything()

    imported = done(file(*rows))

    (refusal,) = imported.plan.refusals
    line = 3 + len(rows[0]) + list(rows[1]).index(field)
    assert (refusal.line, refusal.field) == (line, field)
    assert "first in line 3" in refusal.reason and everything() == before


@pytest.mark.fault("E10")
@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("Budgеt", "Budget"),  # with a Cyrillic е
        ("BUDGET", "Budget"),
        ("Ｂudget", "Budget"),
        ("0ffline", "Offline"),
    ],
)
def test_a_name_that_looks_like_a_stored_one_is_refused(name, other):
    imported = done(file({"name": name, "slug": "twin"}))

    (refusal,) = imported.plan.refusals
    assert refusal.reason == f"This name looks like {other}."


@pytest.mark.fault("E10")
def test_names_in_one_file_that_look_alike_are_refused():
    imported = done(file({"name": "Lima"}, {"name": "1ima", "slug": "other"}))

    (refusal,) = imported.plan.refusals
    assert (refusal.line, refusal.reason) == (4, "This name looks like Lima.")


def test_a_name_of_the_live_preset_that_is_kept_is_not_taken():
    activated("Budget")

    imported = done(file({"name": "Budget", "slug": "new"}), prune=True)

    assert imported.is_refused


@pytest.mark.fault("E10")
def test_markup_in_a_name_is_text_like_any_other(admin_client):
    name = "<script>alert(1)</script> {{ 7 }} {% x %}"

    imported = done(file({"name": f"'{name}'", "description": "javascript:x"}))

    assert steps(imported) == [("added", "scriptalert1script-7-x")]
    html = admin_client.get("/admin/brains/modelpreset/").content.decode()
    assert "<script>alert" not in html and "&lt;script&gt;alert" in html


def test_who_is_not_allowed_changes_nothing():
    before = everything()

    def refuse(plan):
        assert plan.of(What.ADDED)
        raise PermissionError

    with pytest.raises(PermissionError):
        done(file({"name": "Night"}), refuse)

    assert everything() == before


def test_who_is_asked_knows_whether_the_live_preset_would_change():
    activated("Budget")
    asked = []

    done(file({"name": "Budget"}), lambda plan: asked.append(plan.touches_live))
    done(file({"name": "Offline"}), lambda plan: asked.append(plan.touches_live))

    assert asked == [True, False]


@pytest.mark.fault("E10")
def test_a_failure_in_the_middle_changes_nothing(monkeypatch):
    before = everything()
    real = activation.save_preset

    def failing(preset, *args, **kwargs):
        if preset.name == "Two":
            raise PresetChanged("Two was changed.")
        return real(preset, *args, **kwargs)

    monkeypatch.setattr(activation, "save_preset", failing)

    with pytest.raises(PresetChanged):
        done(file({"name": "One"}, {"name": "Two"}))

    assert everything() == before


def test_the_report_is_lines_that_people_read():
    activated("Hybrid")
    text = file(
        {"name": "Budget", "l1_model": "a/b", "l2_model": "anthropic/claude-3-haiku"},
        {"name": "Night", "description": '"one\\ntwo"'},
        {"name": "Default"},
    )

    told = report.as_text(done(text, prune=True)).splitlines()

    assert told[0] == "changed    Budget (budget)"
    assert "           l1_model: google/gemma-7b-it -> a/b" in told
    assert "           l3_model: google/gemini-flash-1.5 -> (blank)" in told
    assert "added      Night (night)" in told
    assert "           description: 'one\\ntwo'" in told
    assert "kept       Hybrid (hybrid): it is live and not removed" in told
    assert told[-1] == "Done: 1 added, 2 changed, 3 removed, 1 kept."


def test_the_report_of_a_dry_run_says_so():
    told = report.as_text(done(file({"name": "Night"}), dry_run=True, activate="night"))

    assert told.endswith(
        "Would be: 1 added. Then night would be activated. Nothing was changed."
    )


@pytest.mark.fault("E10")
def test_the_report_names_what_is_refused():
    told = report.as_text(done(file({"name": "Budget", "l1_model": "no model"})))

    assert told.splitlines()[-2].startswith(
        "refused    line 4, Budget, l1_model: 'no model' is not a model id"
    )
    assert told.endswith("Nothing was changed: 1 thing refused.")


def test_the_report_as_json_has_blank_as_null():
    shown = report.as_json(done(file({"name": "Budget", "l1_model": "a/b"})))

    assert shown["applied"] and not shown["dry_run"] and shown["refused"] == []
    (budget,) = shown["presets"]
    assert (budget["what"], budget["slug"]) == ("changed", "budget")
    assert {
        "field": "l3_model",
        "before": "google/gemini-flash-1.5",
        "after": None,
    } in (budget["changes"])
