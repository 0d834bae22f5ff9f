"""Schedules in a file of presets: written, read, and made as the file has them, all or none."""

from datetime import UTC, datetime, time
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from brains.activation import Author
from brains.as_code import report
from brains.as_code.applying import import_presets
from brains.as_code.document import read_document
from brains.as_code.plan import Options
from brains.as_code.writing import write_document
from brains.models import Activation, ModelPreset, Schedule
from brains.schedules.turns import take_turns
from brains.tests.records import everything, preset
from brains.tests.scripts import ALL_PERMISSIONS, Script, failure, person

pytestmark = pytest.mark.django_db
NIGHT = datetime(2026, 11, 26, 23, tzinfo=UTC)
FILE = """version: 1
presets: []
schedules:
- preset: budget
  begins: 22:00
  ends: 06:00
- {preset: Hybrid, days: "tue, mon", begins: "08:30", ends: "12:00", time_zone: Europe/Berlin, enabled: no}
"""
BUDGET = "- {preset: budget, begins: 22:00, ends: 06:00}\n"
HYBRID = "- {preset: hybrid, begins: 06:00, ends: 09:00}\n"
HEAD = "version: 1\npresets: []\nschedules:\n"


def given(text, **options):
    return import_presets(
        read_document(text.encode()), Author("ann"), Options(**options)
    )


def stored():
    rows = Schedule.objects.select_related("preset")
    return [(row.preset.slug, str(row.begins), row.is_enabled) for row in rows]


def ids():
    return list(Schedule.objects.values_list("pk", flat=True))


def whats(done):
    return [str(step.what) for step in done.plan.schedules]


def test_a_file_makes_the_schedules_that_it_lists():
    done = given(FILE)

    assert done.is_applied and whats(done) == ["added", "added"]
    first, second = Schedule.objects.all()
    assert (first.preset.name, first.begins, first.ends) == (
        "Budget",
        time(22),
        time(6),
    )
    assert (first.time_zone, first.is_enabled) == ("UTC", True)
    assert first.days == "mon,tue,wed,thu,fri,sat,sun"
    assert (second.days, second.is_enabled) == ("mon,tue", False)


SAID = (
    "The hours of Budget have begun: it goes live within a minute and until 06:00 on Fri "
    "2026-11-27 (UTC)."
)


def test_what_begins_at_once_is_said_before_and_after(monkeypatch):
    monkeypatch.setattr(timezone, "now", lambda: NIGHT)

    for is_dry in (True, False):
        done = given(FILE, dry_run=is_dry)
        assert SAID in report.summary(done)
        assert report.as_json(done)["next_turn"] == SAID
    again = given(FILE)
    assert again.turn == "" and report.as_json(again)["next_turn"] is None


def test_a_file_without_schedules_says_nothing_of_them(monkeypatch):
    monkeypatch.setattr(timezone, "now", lambda: NIGHT)
    given(FILE)

    assert given("version: 1\npresets: []\n").turn == ""


def test_what_was_written_changes_nothing_when_it_is_read():
    given(FILE)
    Schedule.objects.filter(preset__slug="budget").update(ends=time(6, 0, 30))
    text = write_document(ModelPreset.objects.all(), Schedule.objects.all())
    before = ids()

    done = given(text)

    assert whats(done) == ["unchanged", "unchanged"] and ids() == before
    assert text == write_document(ModelPreset.objects.all(), Schedule.objects.all())
    assert "ends: 06:00:30" in text.replace("'", "")


def test_a_file_without_the_list_leaves_them_as_they_are():
    given(FILE)

    done = given("version: 1\npresets: []\n")

    assert len(stored()) == 2 and done.plan.schedules == []


def test_an_empty_list_removes_them_all():
    given(FILE)

    assert whats(given(HEAD + "  []\n")) == ["removed", "removed"]
    assert stored() == []


def test_the_preset_of_a_schedule_may_come_with_the_same_file():
    text = FILE.replace("presets: []", "presets:\n- {name: Night, slug: night}")

    given(text.replace("preset: budget", "preset: night"))

    assert stored()[0][0] == "night"


def test_a_dry_run_tells_the_difference_and_changes_nothing():
    given(HEAD + BUDGET + HYBRID)
    before = stored()
    text = HEAD + BUDGET.replace("06:00}", "06:00, enabled: false}")

    done = given(text, dry_run=True)

    told = report.as_text(done)
    assert "changed    schedule: Budget from 22:00 to 06:00 (UTC)" in told
    assert "enabled: true -> false" in told
    assert "removed    schedule: Hybrid from 06:00 to 09:00 (UTC)" in told
    assert "of schedules 1 changed, 1 removed." in told
    assert stored() == before
    shown = report.as_json(done)["schedules"]
    assert [(each["what"], each["preset"]) for each in shown] == [
        ("changed", "budget"),
        ("removed", "hybrid"),
    ]
    assert shown[0]["changes"] == [
        {"field": "enabled", "before": "true", "after": "false"}
    ]


def test_the_order_of_the_file_is_the_order_of_the_schedules():
    given(HEAD + BUDGET + HYBRID)

    done = given(HEAD + HYBRID + BUDGET)

    assert [slug for slug, *_ in stored()] == ["hybrid", "budget"]
    assert whats(done) == ["unchanged", "changed"]
    assert "place: 1 -> 2" in report.as_text(done)


def test_a_new_one_in_front_keeps_what_runs(hybrid):
    given(HEAD + BUDGET)
    take_turns(NIGHT)
    first = HYBRID.replace("06:00", "03:00")

    given(HEAD + first + BUDGET)
    take_turns(NIGHT)

    assert [slug for slug, *_ in stored()] == ["hybrid", "budget"]
    running = Schedule.objects.get(preset__slug="budget")
    assert running.began_as == 1 and Activation.objects.count() == 1


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (
            "- {preset: nope, begins: 22:00, ends: 06:00}",
            "There will be no preset nope",
        ),
        ("- {begins: 22:00, ends: 06:00}", "line 4, preset: It is missing"),
        ("- {preset: budget, ends: 06:00}", "line 4, budget, begins: It is missing"),
        ("- {preset: budget, begins: 25:00, ends: 06:00}", "invalid time"),
        (
            "- {preset: budget, begins: 1:00, ends: 2:00, days: monday}",
            "days: Name days",
        ),
        ("- {preset: budget, begins: 1:00, ends: 2:00, time_zone: X}", "time zone"),
        ("- {preset: budget, begins: 1:00, ends: 2:00, enabled: 2}", "true or false"),
        ("- {preset: budget, begins: 1:00, ends: 2:00, every: day}", "no such field"),
        ("- budget", "A schedule is a list of fields, `- preset: ...`."),
        (
            f"{BUDGET}{BUDGET}",
            "line 5, budget, preset: This schedule stands here twice",
        ),
        ("  {}", "The file has no list `schedules`"),
    ],
)
def test_one_bad_row_changes_nothing_at_all(row, words):
    given(HEAD + HYBRID)
    before = (everything(), stored(), ids())

    done = given(
        f"version: 1\npresets:\n- name: New\nschedules:\n{row}\n".replace(
            "presets:\n- name: New", "presets: [{name: New}]"
        )
    )

    assert done.is_refused and words in report.as_text(done)
    assert (everything(), stored(), ids()) == before


def test_what_is_pruned_takes_its_schedules_along_where_the_file_says_so():
    given(HEAD + BUDGET)
    keep = "version: 1\npresets:\n- {name: Default, slug: default}\n"

    assert "It has a schedule" in report.as_text(given(keep, prune=True))
    done = given(f"{keep}schedules: []\n", prune=True)

    assert done.is_applied and stored() == []
    assert list(ModelPreset.objects.values_list("slug", flat=True)) == ["default"]


def test_the_commands_write_and_read_them(tmp_path):
    given(FILE)
    file, out = tmp_path / "presets.yaml", StringIO()
    call_command("export_presets", str(file), stdout=out)
    assert "6 presets and 2 schedules written" in out.getvalue()
    Schedule.objects.all().delete()

    call_command("import_presets", str(file), "--dry-run", stdout=out)
    assert stored() == [] and "of schedules 2 added" in out.getvalue()
    call_command("import_presets", str(file), stdout=out)
    assert len(stored()) == 2
    file.write_text(HEAD + "- {preset: nope, begins: 1:00, ends: 2:00}\n")
    with pytest.raises(CommandError, match="mend what is refused"):
        call_command("import_presets", str(file), stdout=out)
    assert len(stored()) == 2


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        (FILE, "add_schedule"),
        (HEAD + "  []\n", "delete_schedule"),
        (HEAD + BUDGET.replace("}", ", enabled: no}"), "change_schedule"),
    ],
)
def test_over_the_api_each_change_needs_its_permission(text, missing):
    preset("Budget").schedules.create(begins=time(22), ends=time(6))
    codenames = {*ALL_PERMISSIONS, "change_schedule"} - {missing}

    answer = Script(user=person(*codenames)).give(text)

    assert failure(answer) == (403, "permission_missing")
    assert f"brains.{missing}" in answer.json()["error"]["message"]
    assert len(stored()) == 1
    full = Script(user=person(*ALL_PERMISSIONS, "change_schedule"))
    assert full.give(text).status_code == 200


def test_over_the_api_it_needs_the_scope_of_what_is_live():
    answer = Script("read,edit").give(FILE)

    assert failure(answer) == (403, "scope_missing") and stored() == []


def test_who_may_not_see_them_exports_presets_alone():
    given(FILE)

    assert b"schedules:" in Script().get("/api/export").content
    blind = Script(user=person("view_modelpreset"))
    assert b"schedules" not in blind.get("/api/export").content
