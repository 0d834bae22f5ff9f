"""Who may open which door of `/api/`: the scopes of the key, the permissions of its creator,
and nothing else."""

import logging
from datetime import time
from decimal import Decimal

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import get_resolver, resolve

from brains import staff_keys
from brains.activation import Author, latest
from brains.canary import changes as canary_changes
from brains.models import Activation, Schedule
from brains.staff_keys import Scope, StaffKey
from brains.tests.records import preset
from brains.tests.scripts import ALL_PERMISSIONS, Script, failure, person
from brains.tests.status_reader import activated, registry

pytestmark = pytest.mark.django_db
EMPTY = "version: 1\npresets: []\n"
NIGHT = {"name": "Night", "l1_model": "a/b"}
BUDGET = "version: 1\npresets:\n- {name: Budget, l1_model: a/b}\n"
YAML = "application/yaml"

SCHEDULE = {"preset": "hybrid", "begins": "22:00", "ends": "06:00"}
CANARY = {"preset": "default", "percent": 10}
BOTH = " and activate_modelpreset"

# Method, path, body, kind of body, scope, permissions, status when it opens.
DOORS = [
    ("GET", "/api/presets", None, "", "read", "view_modelpreset", 200),
    ("HEAD", "/api/presets", None, "", "read", "view_modelpreset", 200),
    ("GET", "/api/presets/budget", None, "", "read", "view_modelpreset", 200),
    ("GET", "/api/export", None, "", "read", "view_modelpreset", 200),
    ("GET", "/api/selection", None, "", "read", "view_modelpreset", 200),
    ("GET", "/api/history", None, "", "read", "view_activation", 200),
    ("POST", "/api/import?dry_run=1", EMPTY, YAML, "read", "view_modelpreset", 200),
    ("POST", "/api/import", EMPTY, YAML, "edit", "change_modelpreset", 200),
    ("PUT", "/api/presets/hybrid", NIGHT, "", "edit", "change_modelpreset", 200),
    (
        *("POST", "/api/activate", {"preset": "hybrid"}, ""),
        *("activate", "activate_modelpreset", 200),
    ),
    ("POST", "/api/deactivate", None, "", "activate", "activate_modelpreset", 200),
    ("POST", "/api/confirm", None, "", "activate", "confirm_modelpreset", 200),
    (
        *("POST", "/api/roll-back", {"revision": 1}, ""),
        *("activate", "roll_back_modelpreset", 200),
    ),
    ("POST", "/api/revert", None, "", "activate", "roll_back_modelpreset", 200),
    ("DELETE", "/api/presets/hybrid", None, "", "edit", "delete_modelpreset", 200),
    (
        *("GET", "/api/presets/budget/preflight", None, ""),
        *("read", "view_modelpreset", 404),
    ),
    (
        *("POST", "/api/presets/budget/preflight", None, ""),
        *("probe", "probe_modelpreset", 200),
    ),
    ("GET", "/api/canary", None, "", "read", "view_modelpreset", 200),
    ("POST", "/api/canary", CANARY, "", "activate", "activate_modelpreset", 409),
    (
        *("PATCH", "/api/canary", {"percent": 20}, ""),
        *("activate", "activate_modelpreset", 200),
    ),
    (
        *("POST", "/api/canary/promote", None, ""),
        *("activate", "activate_modelpreset", 200),
    ),
    ("POST", "/api/canary/abort", None, "", "activate", "activate_modelpreset", 200),
    ("GET", "/api/schedules", None, "", "read", "view_schedule", 200),
    (
        *("POST", "/api/schedules", SCHEDULE, ""),
        *("activate", f"add_schedule{BOTH}", 201),
    ),
    (
        *("DELETE", "/api/schedules/7", None, ""),
        *("activate", f"delete_schedule{BOTH}", 200),
    ),
]
EACH_DOOR = pytest.mark.parametrize(
    "door", DOORS, ids=[f"{door[0]} {door[1]}" for door in DOORS]
)


@pytest.mark.fault("W2")
def test_no_door_is_left_out_of_the_table():
    tabled = {(d[0], resolve(d[1].partition("?")[0]).route) for d in DOORS}
    patterns = {
        str(pattern.pattern): pattern
        for pattern in get_resolver("brains.api.urls").url_patterns
    }
    assert len(patterns) > 8

    found = set()
    for path in patterns:
        url = "/api/" + path.replace("<slug:slug>", "budget").replace("<int:pk>", "7")
        allowed = Script().ask("TRACE", url)["Allow"].split(", ")
        found |= {(method, f"api/{path}") for method in allowed}

    assert {(m, path) for m, path in found if m not in ("HEAD", "OPTIONS")} == {
        (method, path) for method, path in tabled if method != "HEAD"
    }


def asked(script, door):
    method, path, body, kind = door[:4]
    return script.ask(method, path, body, kind or "application/json")


@pytest.fixture(autouse=True)
def _live(settings, upstream):
    settings.AURA_PROVIDERS = registry(url=upstream.url)
    activated("Budget")
    canary_changes.start(preset("Performance"), Decimal(10), Author("bob"))
    night = {"begins": time(22), "ends": time(6), "preset": preset("Budget")}
    Schedule.objects.create(pk=7, **night)


@pytest.mark.fault("W2")
@EACH_DOOR
@pytest.mark.parametrize("scope", Scope.values)
def test_each_door_opens_for_its_own_scope_alone(door, scope):
    answer = asked(Script(scope), door)

    if scope == door[4]:
        assert answer.status_code == door[6]
    else:
        assert answer.status_code == 403
        if door[0] != "HEAD":
            assert failure(answer) == (403, "scope_missing")
            assert (
                f"the scope {door[4]}; this key has {scope}."
                in answer.json()["error"]["message"]
            )


@pytest.mark.fault("W2")
@EACH_DOOR
def test_each_door_opens_for_its_permissions_of_the_creator(door):
    script = Script(user=person(*door[5].split(" and ")))

    assert asked(script, door).status_code == door[6]


@EACH_DOOR
def test_each_door_stays_shut_for_all_other_permissions(door):
    for missing in door[5].split(" and "):
        script = Script(user=person(*(set(ALL_PERMISSIONS) - {missing})))

        answer = asked(script, door)

        assert answer.status_code == 403
        if door[0] != "HEAD":
            assert failure(answer) == (403, "permission_missing")
            message = answer.json()["error"]["message"]
            assert f"permission brains.{missing}, which ann" in message


@EACH_DOOR
def test_a_permission_that_is_taken_away_closes_the_door_at_once(door):
    script = Script()

    person()

    assert asked(script, door).status_code == 403


@pytest.mark.fault("W2")
@EACH_DOOR
@pytest.mark.parametrize(
    "authorization",
    ["", "Bearer", "Bearer ", "Bearer wrong", "Basic YTpi", "Bearer aura_staff_x"],
)
def test_without_a_valid_key_every_door_gives_the_same_401(door, authorization):
    method, path, body, kind = door[:4]
    script = Script()
    script.key = "unused"

    answer = script.ask(
        method, path, body, kind or "application/json", Authorization=authorization
    )

    assert answer.status_code == 401
    assert answer["WWW-Authenticate"] == "Bearer"
    if method != "HEAD":
        assert failure(answer) == (401, "invalid_key")


def test_why_a_key_is_not_valid_is_not_told():
    revoked, expired, gone = Script(), Script(), Script(user=person(name="bob"))
    staff_keys.revoke(revoked.row)
    StaffKey.objects.filter(pk=expired.row.pk).update(expires_at="2001-01-01T00:00Z")
    User.objects.get(username="bob").delete()

    answers = {
        script.get("/api/presets").content for script in (revoked, expired, gone)
    }

    answers.add(Client().get("/api/presets").content)
    assert len(answers) == 1


@pytest.mark.fault("W2")
def test_a_session_opens_nothing(admin_client):
    assert failure(admin_client.get("/api/presets"))[0] == 401
    assert failure(admin_client.post("/api/deactivate"))[0] == 401
    assert Activation.objects.count() == 1


def test_a_key_in_the_address_opens_nothing():
    key = Script().key

    assert failure(Client().get(f"/api/presets?key={key}&token={key}"))[0] == 401


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_the_scheme_may_be_spelled_in_any_case(scheme):
    script = Script()

    answer = script.get("/api/presets", Authorization=f"{scheme}  {script.key}")

    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("POST", "/api/presets", "GET"),
        ("POST", "/api/presets/budget", "GET, PUT, DELETE"),
        ("PATCH", "/api/presets/budget", "GET, PUT, DELETE"),
        ("PUT", "/api/presets/budget/preflight", "GET, POST"),
        ("DELETE", "/api/canary", "GET, POST, PATCH"),
        ("GET", "/api/canary/promote", "POST"),
        ("GET", "/api/schedules/7", "DELETE"),
        ("GET", "/api/activate", "POST"),
        ("GET", "/api/deactivate", "POST"),
        ("GET", "/api/roll-back", "POST"),
        ("GET", "/api/import", "POST"),
        ("OPTIONS", "/api/confirm", "POST"),
        ("TRACE", "/api/history", "GET"),
    ],
)
def test_another_method_is_told_which_there_are(method, path, allowed):
    answer = Script().ask(method, path)

    assert failure(answer) == (405, "method_not_allowed")
    assert answer["Allow"] == allowed
    assert Activation.objects.count() == 1


@pytest.mark.parametrize("path", ["/api/nothing", "/api/", "/api/presets/a/b"])
def test_a_path_that_is_none_is_a_404_in_json(path):
    assert failure(Script().get(path)) == (404, "not_found")


def test_an_answer_is_kept_by_no_cache():
    assert Script().get("/api/presets")["Cache-Control"] == "no-store"
    assert Client().get("/api/presets")["Cache-Control"] == "no-store"


def test_no_cookie_is_set():
    assert not Script().get("/api/presets").cookies


def test_an_import_that_adds_needs_the_permission_to():
    script = Script(user=person("change_modelpreset"))

    answer = script.give("version: 1\npresets:\n- name: Night\n")

    assert failure(answer) == (403, "permission_missing")
    assert "brains.add_modelpreset" in answer.json()["error"]["message"]


def test_an_import_that_removes_needs_the_permission_to():
    script = Script(user=person("change_modelpreset", "add_modelpreset"))

    answer = script.give(EMPTY, "?prune=1")

    assert "brains.delete_modelpreset" in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    ("scopes", "codenames", "missing"),
    [
        ("edit", ALL_PERMISSIONS, "the scope activate"),
        ("edit,activate", ["change_modelpreset"], "brains.activate_modelpreset"),
    ],
)
@pytest.mark.parametrize("how", ["import", "put", "activate"])
def test_to_change_what_is_live_needs_the_right_to(scopes, codenames, missing, how):
    script = Script(scopes, person(*codenames))

    if how == "put":
        answer = script.put("/api/presets/budget", {"name": "Budget"})
    else:
        text, query = (BUDGET, "") if how == "import" else (EMPTY, "?activate=hybrid")
        answer = script.give(text, query)

    assert answer.status_code == 403 and missing in answer.json()["error"]["message"]
    newest = latest()
    assert newest and newest.revision == 1 and newest.preset_name == "Budget"


def test_what_is_not_live_is_edited_without_it():
    script = Script("edit", person("change_modelpreset"))

    assert script.put("/api/presets/hybrid", {"name": "Hybrid"}).status_code == 200


def test_the_history_names_the_person_and_the_key():
    script = Script()

    script.post("/api/activate", {"preset": "hybrid", "reason": "night costs"})

    newest = latest()
    assert newest and newest.by_name == "ann (key ci)"
    assert newest.by == script.row.created_by and newest.reason == "night costs"


def test_a_long_name_fits_into_the_history():
    script = Script(user=person(*ALL_PERMISSIONS, name="n" * 150))

    assert script.post("/api/activate", {"preset": "hybrid"}).status_code == 200


@EACH_DOOR
def test_the_key_is_in_no_log_and_in_no_answer(door, caplog):
    caplog.set_level(logging.DEBUG)
    script = Script()

    good = asked(script, door)
    staff_keys.revoke(script.row)
    bad = asked(script, door)

    shown = good.content + bad.content + str([good.headers, bad.headers]).encode()
    for text in (shown.decode(), caplog.text):
        assert script.key not in text and script.row.sha256 not in text
