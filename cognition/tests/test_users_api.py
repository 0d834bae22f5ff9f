"""`/api/users/...`: who may export and delete what users said, and whom they name."""

import json
from typing import Any
from urllib.parse import quote

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth.models import Permission, User
from django.test import AsyncClient

from brains.staff_keys import Scope
from brains.tests.scripts import Script, failure
from cognition.personal_data import export
from cognition.tests.minds import kept, spoke

pytestmark = pytest.mark.django_db

DOORS = [
    ("GET", "/api/users/ada/export", "export_person"),
    ("HEAD", "/api/users/ada/export", "export_person"),
    ("DELETE", "/api/users/ada", "forget_person"),
]
EACH_DOOR = pytest.mark.parametrize(("method", "path", "permission"), DOORS)
PERMISSIONS = ("export_person", "forget_person", "view_conversation", "delete_memory")


def person(*codenames, name="ann"):
    user, _ = User.objects.get_or_create(username=name, is_staff=True)
    wanted = Permission.objects.filter(
        content_type__app_label="cognition", codename__in=codenames
    )
    user.user_permissions.set(wanted)
    return user


@pytest.fixture
def script():
    spoke("client:ada", "I am Ada")
    return Script("users", person("export_person", "forget_person"))


def lines(answer):
    assert answer.status_code == 200
    return [json.loads(line) for line in b"".join(answer).decode().splitlines()]


def test_a_script_exports_and_then_deletes_a_user(script):
    answer = script.get("/api/users/ada/export")
    assert answer["Content-Type"].startswith("application/jsonl")
    assert answer["Cache-Control"] == "no-store"
    kinds = [line["type"] for line in lines(answer)]
    assert kinds == [
        "person",
        "conversation",
        "turn",
        "reflection",
        *["memory"] * 2,
        "end",
    ]
    deleted = script.ask("DELETE", "/api/users/ada")
    assert deleted.json()["deleted"]["turns"] == 1
    assert not any(kept().values())
    again = script.ask("DELETE", "/api/users/ada")
    assert (again.status_code, set(again.json()["deleted"].values())) == (200, {0})
    assert failure(script.get("/api/users/ada/export")) == (404, "user_not_found")


@EACH_DOOR
@pytest.mark.parametrize("scope", Scope.values)
def test_each_door_opens_for_the_scope_users_alone(method, path, permission, scope):
    spoke("client:ada", "I am Ada")
    answer = Script(scope, person(permission)).ask(method, path)
    assert answer.status_code == (200 if scope == "users" else 403)
    if scope != "users":
        assert kept()["Turn"] == 1


@EACH_DOOR
@pytest.mark.parametrize("held", PERMISSIONS)
def test_each_door_opens_for_its_one_permission(method, path, permission, held):
    spoke("client:ada", "I am Ada")
    answer = Script("users", person(held)).ask(method, path)
    assert answer.status_code == (200 if held == permission else 403)
    if held != permission:
        assert kept()["Turn"] == 1


@EACH_DOOR
def test_without_a_key_each_door_is_shut(
    method, path, permission, script, admin_client
):
    assert script.ask(method, path, Authorization="Bearer wrong").status_code == 401
    assert admin_client.generic(method, path).status_code == 401
    assert kept()["Turn"] == 1


@pytest.mark.parametrize(
    "user_id",
    [
        "Ada Lovelace",
        "a/b",
        "/a//b/",
        "export",
        "a/export",
        "Zürich-東京-🦉",
        "50%?x=1#y",
        "a\nb",
        "..",
        "'; DROP TABLE--",
        "x" * 200,
    ],
)
def test_a_user_is_found_however_clients_call_them(user_id):
    spoke(f"client:{user_id}", "I am here")
    spoke("client:another", "I am another")
    script = Script("users", person("export_person", "forget_person"))
    path = f"/api/users/{quote(user_id, safe='')}"
    exported = lines(script.get(f"{path}/export"))
    assert exported[0]["person"] == f"client:{user_id}"
    assert script.ask("DELETE", path).json()["deleted"]["turns"] == 1
    assert kept()["Turn"] == 1


def test_staff_and_nobody_are_asked_for_by_name(script):
    user = User.objects.create_user("bob", is_staff=True)
    spoke(f"staff:{user.pk}", "I am Bob")
    conversation = "5f0c7d4e-0000-4000-8000-000000000000"
    spoke(f"conversation:{conversation}", "I am nobody")
    for path, said in (
        ("bob/export?staff=1", "I am Bob"),
        (f"{conversation}/export?conversation=1", "I am nobody"),
    ):
        assert said in str(lines(script.get(f"/api/users/{path}")))
    assert (
        script.ask("DELETE", "/api/users/bob?staff=1").json()["deleted"]["turns"] == 1
    )
    assert kept()["Turn"] == 2


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("GET", "/api/users/bob/export", (404, "user_not_found")),
        ("GET", "/api/users/bob/export?staff=1", (404, "user_not_found")),
        ("DELETE", "/api/users/bob?staff=1", (404, "user_not_found")),
        ("DELETE", "/api/users/bob?conversation=1", (404, "user_not_found")),
        ("DELETE", "/api/users/" + "x" * 201, (404, "user_not_found")),
        ("DELETE", "/api/users/a%00b", (404, "user_not_found")),
        ("GET", "/api/users/bob/export?staff=2", (400, "bad_request")),
        ("GET", "/api/users/ada", (404, "not_found")),
        ("GET", "/api/users/", (404, "not_found")),
        ("POST", "/api/users/ada", (405, "method_not_allowed")),
        ("PUT", "/api/users/ada/export", (405, "method_not_allowed")),
    ],
)
def test_what_cannot_be_is_refused_and_deletes_nothing(method, path, expected, script):
    assert failure(script.ask(method, path)) == expected
    assert kept()["Turn"] == 1


def test_under_asgi_an_export_comes_block_by_block(script, monkeypatch):
    monkeypatch.setattr(export, "BLOCK", 1)

    @async_to_sync
    async def parts() -> list[bytes]:
        key = {"Authorization": f"Bearer {script.key}"}
        answer: Any = await AsyncClient().get("/api/users/ada/export", headers=key)
        return [part async for part in answer.streaming_content]

    assert [json.loads(part)["type"] for part in parts()][-1] == "end"
