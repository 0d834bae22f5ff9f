"""Presets over `/api/`: read, written one by one, exported and imported as a file."""

import json
from datetime import time

import pytest

from brains.as_code.writing import write_document
from brains.models import Activation, ModelPreset, Schedule
from brains.tests.records import everything, preset
from brains.tests.scripts import Script, failure
from brains.tests.status_reader import activated

pytestmark = pytest.mark.django_db
BUDGET = "/api/presets/budget"


@pytest.fixture
def script():
    return Script()


def test_all_presets_are_listed_in_the_order_of_their_slugs(script):
    activated("Budget")

    presets = script.get("/api/presets").json()["presets"]

    slugs = [each["slug"] for each in presets]
    assert slugs == sorted(slugs) and len(slugs) == 6
    assert [each["slug"] for each in presets if each["is_live"]] == ["budget"]


def test_one_preset_has_its_fields_and_blank_is_null(script):
    answer = script.get(BUDGET)

    shown = answer.json()
    assert shown["name"] == "Budget" and shown["l1_model"] == "google/gemma-7b-it"
    assert shown["embedding_dimension"] is None and shown["l1_fallback"] is None
    assert shown["is_live"] is False
    assert answer["ETag"] == f'"{preset("Budget").updated_at.isoformat()}"'


@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_a_slug_in_capitals_is_the_same(script, method):
    answer = script.ask(
        method, "/api/presets/BUDGET", {"name": "Budget"} if method == "PUT" else None
    )

    assert answer.status_code == 200 and answer.json()["slug"] == "budget"


def test_a_slug_that_is_none_is_told_which_there_are(script):
    answer = script.get("/api/presets/nope")

    assert failure(answer) == (404, "preset_not_found")
    assert "all-deepseek, budget" in answer.json()["error"]["message"]


def test_a_put_makes_a_new_preset(script):
    answer = script.put(
        "/api/presets/night",
        {"name": "Night", "l1_model": "a/b", "embedding_dimension": 384},
    )

    assert answer.status_code == 201 and answer.json()["slug"] == "night"
    assert preset("Night").embedding_dimension == 384


def test_a_put_says_all_of_a_preset(script):
    answer = script.put(
        BUDGET, {"name": "Cheap", "l1_model": " a/b ", "l2_model": None}
    )

    row = preset("Cheap")
    assert answer.status_code == 200 and answer.json()["name"] == "Cheap"
    assert (row.slug, row.l1_model, row.l2_model, row.l3_model) == (
        "budget",
        "a/b",
        "",
        "",
    )
    assert row.description == ""


def test_what_get_gave_can_be_put_back_and_changes_nothing(script):
    before = everything()

    shown = script.get(BUDGET).json()
    answer = script.put(BUDGET, shown)

    assert answer.status_code == 200 and answer.json() == shown
    assert everything() == before


def test_a_put_of_the_live_preset_is_a_revision(script):
    activated("Budget")

    script.put(BUDGET, {"name": "Budget", "l1_model": "a/b"})

    newest = Activation.objects.first()
    assert newest and (newest.revision, newest.action) == (2, "edit")


@pytest.mark.parametrize("how", ["header", "weak header", "body"])
def test_a_put_over_somebody_elses_change_is_refused(script, how):
    seen = script.get(BUDGET)
    row = preset("Budget")
    row.l2_model = "their/model"
    row.save()
    etag = seen["ETag"] if how == "header" else f"W/{seen['ETag']}"
    headers = {} if how == "body" else {"If-Match": etag}
    body = {"name": "Budget", "l1_model": "a/b"}
    if how == "body":
        body["updated_at"] = seen.json()["updated_at"]

    answer = script.put(BUDGET, body, **headers)

    assert failure(answer) == (409, "preset_changed")
    assert preset("Budget").l2_model == "their/model"


def test_a_put_over_what_was_seen_is_taken(script):
    tag = script.get(BUDGET)["ETag"]

    answer = script.put(BUDGET, {"name": "Budget"}, **{"If-Match": tag})

    assert answer.status_code == 200 and answer["ETag"] != tag


def test_a_put_over_what_was_deleted_does_not_bring_it_back(script):
    tag = script.get(BUDGET)["ETag"]
    preset("Budget").delete()

    answer = script.put(BUDGET, {"name": "Budget"}, **{"If-Match": tag})

    assert failure(answer) == (409, "preset_changed")
    assert not ModelPreset.objects.filter(slug="budget").exists()


@pytest.mark.parametrize(
    ("body", "field", "reason"),
    [
        ({}, "name", "name that can be seen"),
        ({"name": None}, "name", "name that can be seen"),
        ({"name": "\u202e"}, "name", "cannot be seen"),
        ({"name": 5}, "name", "is to be text"),
        ({"name": ["Budget"]}, "name", "is to be text"),
        ({"name": "Offline"}, "name", "looks like Offline"),
        ({"name": "Budget", "l1_model": "no model"}, "l1_model", "is not a model id"),
        ({"name": "Budget", "l1_model": True}, "l1_model", "is to be text"),
        ({"name": "Budget", "l1_fallback": "none,a/b"}, "l1_fallback", "write either"),
        (
            {"name": "Budget", "embedding_dimension": 0},
            *("embedding_dimension", "is not a dimension"),
        ),
        (
            {"name": "Budget", "embedding_dimension": 1.5},
            *("embedding_dimension", "is to be a whole number"),
        ),
        (
            {"name": "Budget", "embedding_dimension": True},
            *("embedding_dimension", "is to be a whole number"),
        ),
        ({"name": "Budget", "slug": "other"}, "slug", "cannot be changed"),
        ({"name": "Budget", "description": "a\x00b"}, "description", "control"),
        ({"name": "Budget", "description": "\ud800"}, "description", "control"),
    ],
)
def test_a_field_that_cannot_be_is_refused_by_name(script, body, field, reason):
    before = everything()

    answer = script.ask("PUT", BUDGET, json.dumps(body))

    assert answer.status_code == 422
    (refusal,) = answer.json()["report"]["refused"]
    assert refusal["field"] == field and reason in refusal["reason"]
    assert answer.json()["error"]["code"] == "import_refused"
    assert everything() == before


@pytest.mark.parametrize(
    ("text", "status", "code"),
    [
        ("{", 400, "bad_request"),
        ("[]", 400, "bad_request"),
        ("null", 400, "bad_request"),
        ('{"name": NaN}', 400, "bad_request"),
        ('{"name": "A", "name": "B"}', 400, "bad_request"),
        (b'{"name": "\xff"}', 400, "bad_request"),
        ('{"name": ' + "[" * 100_000, 400, "bad_request"),
        ('{"embedding_dimension": ' + "9" * 5000 + "}", 400, "bad_request"),
        ('{"name": "Budget", "l1": "a/b"}', 422, "invalid"),
        ('{"name": "Budget", "updated_at": 5}', 422, "invalid"),
        ('{"name": "' + "a" * 1024 * 1024 + '"}', 413, "body_too_large"),
    ],
    ids=range(11),
)
def test_a_body_that_cannot_be_read_is_refused(script, text, status, code):
    before = everything()

    assert failure(script.ask("PUT", BUDGET, text)) == (status, code)
    assert everything() == before


@pytest.mark.parametrize(
    "kind", ["application/x-www-form-urlencoded", "text/plain", "application/yaml"]
)
def test_a_body_of_another_kind_is_told_which_is_taken(script, kind):
    answer = script.ask("PUT", BUDGET, '{"name": "Budget"}', kind)

    assert failure(answer) == (415, "unsupported_media")
    assert "`Content-Type: application/json`" in answer.json()["error"]["message"]


def test_the_kind_may_have_a_charset(script):
    answer = script.ask(
        "PUT", BUDGET, '{"name": "Budget"}', "application/json; charset=utf-8"
    )

    assert answer.status_code == 200


def test_the_export_is_the_file_of_the_command(script):
    answer = script.get("/api/export")

    assert answer["Content-Type"] == "application/yaml; charset=utf-8"
    assert answer.content.decode() == write_document(ModelPreset.objects.all(), [])


def test_what_was_exported_is_imported_again(script):
    text = script.get("/api/export").content
    preset("Budget").delete()

    report = script.give(text).json()

    assert report["applied"] is True and report["refused"] == []
    what = {each["slug"]: each["what"] for each in report["presets"]}
    assert what["budget"] == "added" and what["offline"] == "unchanged"
    assert script.get("/api/export").content == text


@pytest.mark.parametrize("query", ["?dry_run=1", "?dry_run=true", "?dry_run=1&prune=1"])
def test_a_dry_run_tells_and_changes_nothing(script, query):
    before = everything()

    report = script.give("version: 1\npresets:\n- name: Night\n", query).json()

    assert report["dry_run"] is True and report["applied"] is False
    assert report["presets"][0]["what"] == "added"
    assert everything() == before


@pytest.mark.fault("E10")
def test_an_import_with_one_bad_row_changes_nothing(script):
    before = everything()
    text = "version: 1\npresets:\n- name: Night\n- name: Bad\n  l1_model: no model\n"

    answer = script.give(text, "?prune=1&activate=night")

    assert answer.status_code == 422
    (refusal,) = answer.json()["report"]["refused"]
    assert (refusal["line"], refusal["preset"], refusal["field"]) == (
        5,
        "Bad",
        "l1_model",
    )
    assert "line 5, Bad, l1_model: 'no model'" in answer.json()["error"]["message"]
    assert everything() == before


def test_a_dry_run_of_a_bad_file_is_refused_too(script):
    assert script.give("presets: 5\n", "?dry_run=1").status_code == 422


def test_an_import_may_prune_activate_and_say_why(script):
    text = "version: 1\npresets:\n- name: Night\n"

    report = script.give(text, "?prune=1&activate=Night&reason=from+git").json()

    newest = Activation.objects.get()
    assert report["revision"] == 1
    assert (newest.preset_name, newest.reason) == ("Night", "from git")
    assert ModelPreset.objects.count() == 1


@pytest.mark.parametrize(
    "kind", ["application/x-yaml", "text/yaml", "application/yaml"]
)
def test_yaml_has_several_names(script, kind):
    text = "version: 1\npresets: []\n"

    assert script.ask("POST", "/api/import", text, kind).status_code == 200


@pytest.mark.parametrize(
    ("query", "status"),
    [("?dry_run=maybe", 400), ("?prune=2", 400), (f"?reason={'x' * 501}", 422)],
)
def test_an_address_that_is_not_understood_changes_nothing(script, query, status):
    before = everything()

    answer = script.give("version: 1\npresets:\n- name: Night\n", query)

    assert answer.status_code == status and everything() == before


@pytest.mark.fault("E10")
def test_an_import_over_the_bound_is_refused(script):
    assert failure(script.give(b"#" * (1024 * 1024 + 1))) == (413, "body_too_large")


@pytest.mark.fault("E10")
def test_a_bomb_is_refused(script):
    answer = script.give("version: 1\npresets: &a [*a, *a]\n")

    assert answer.status_code == 422 and "Aliases" in answer.json()["error"]["message"]


def test_an_import_as_json_is_told_what_to_send(script):
    answer = script.ask("POST", "/api/import", {"presets": []})

    assert failure(answer) == (415, "unsupported_media")
    assert "application/yaml" in answer.json()["error"]["message"]


@pytest.mark.fault("E10")
def test_markup_in_a_name_comes_back_as_text(script):
    name = "<script>alert(1)</script>"

    answer = script.put("/api/presets/x", {"name": name})

    assert answer.json()["name"] == name
    assert answer["Content-Type"] == "application/json"
    assert answer["X-Content-Type-Options"] == "nosniff"


def test_a_preset_is_deleted(script):
    assert script.delete("/api/presets/hybrid").json() == {"deleted": "hybrid"}
    assert not ModelPreset.objects.filter(slug="hybrid").exists()
    assert failure(script.delete("/api/presets/hybrid")) == (404, "preset_not_found")


def test_one_that_was_saved_since_is_not_deleted(script):
    seen = script.get("/api/presets/hybrid")["ETag"]
    ModelPreset.objects.get(slug="hybrid").save()

    answer = script.delete("/api/presets/hybrid", **{"If-Match": seen})

    assert failure(answer) == (409, "preset_changed")
    now = script.get("/api/presets/hybrid")["ETag"]
    assert script.delete("/api/presets/hybrid", **{"If-Match": now}).status_code == 200


def test_what_is_live_is_not_deleted(script):
    activated("Budget")

    assert failure(script.delete("/api/presets/budget")) == (409, "preset_is_live")


def test_what_has_a_schedule_is_not_deleted(script):
    budget = ModelPreset.objects.get(slug="budget")
    Schedule.objects.create(preset=budget, begins=time(22), ends=time(6))

    answer = script.delete("/api/presets/budget")

    assert failure(answer) == (409, "preset_has_schedules")
    assert Schedule.objects.count() == 1
