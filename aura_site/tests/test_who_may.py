"""Who may do what in the admin: each role, each door, over HTTP, exactly as tabled; GET
changes nothing, a POST without its token is refused, and no door is left out of the table."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.test import Client, RequestFactory
from django.urls import resolve

from aura_site.groups import GROUPS
from aura_site.tests.addresses import addresses
from aura_site.tests.who_may import Door, client_of, make_doors, signed_in
from aura_site.tests.who_may_table import HEAD, OTHERS, POSTS, ROLES, ROWS
from brains.canary.models import Canary
from brains.models import Schedule
from brains.preflight.models import Preflight
from brains.staff_keys import StaffKey
from brains.tests.records import everything
from cognition.memory.reembedding.models import ReEmbedding
from cognition.reflection.models import Reflection
from cognition.rehearsal.models import Rehearsal
from gateway.kept.models import KeptExchange
from gateway.models import ApiKey
from providers.registry import Registry
from providers.shipped import local, offline, openrouter

pytestmark = pytest.mark.django_db
TABLES: Sequence[type[Any]] = (
    *(Canary, Schedule, StaffKey, ApiKey, Preflight, Reflection),
    *(KeptExchange, Rehearsal, ReEmbedding),
)
OUR_ROOMS = ("/admin/brains/", "/admin/gateway/", "/admin/cognition/")
CLOSED = (403, 404, 405)
LOOKS = ("SELECT ", "SAVEPOINT ", "RELEASE ", "ROLLBACK ")


@pytest.fixture
def doors(settings, upstream) -> dict[str, Door]:
    settings.AURA_PREFLIGHT = True
    url = upstream.url
    servers = openrouter(url, "k"), local(url, "", "", {}), offline(url, url)
    settings.AURA_PROVIDERS = Registry({server.name: server for server in servers})
    return make_doors()


def state():
    """Everything that these doors may change."""
    return everything(), [list(t.objects.order_by("pk").values()) for t in TABLES]


@contextmanager
def writes() -> Iterator[list[str]]:
    """Give the statements that write, as they come: without one there is no change."""
    written: list[str] = []

    def note(execute, sql, *arguments):
        if not sql.startswith(LOOKS):
            written.append(sql)
        return execute(sql, *arguments)

    with connection.execute_wrapper(note):
        yield written


def answers_of(client: Client, steps) -> dict[str, str]:
    """Return how doors answer, as the table has it; after each all is as it was. A step is
    its name, a method and a door."""
    before = state()
    return {
        name: answer_of(client, method, door, before) for name, method, door in steps
    }


def answer_of(client: Client, method: str, door: Door, before) -> str:
    with transaction.atomic():
        data = {**door.data, **door.first()}
        if door.first is not dict:
            before = state()
        with writes() as written:
            response = getattr(client, method.lower())(door.url, data)
        has_changed = bool(written) and state() != before
        transaction.set_rollback(True)
    status = str(response.status_code)
    if status == "302" and response.url.startswith("/admin/login/"):
        status = "login"
    if not has_changed:
        return "back" if status == "302" else status
    return {"302": "302", "200": "made"}.get(status, f"{status} and a change")


def test_the_table_is_whole():
    assert set(HEAD) == {*ROLES, *GROUPS, *OTHERS}
    assert all(len(answers) == len(HEAD) for _, answers in ROWS)
    assert len(dict(ROWS)) == len(ROWS)


@pytest.mark.fault("W2")
@pytest.mark.parametrize("role", HEAD)
def test_each_role_is_answered_as_tabled(role, doors):
    client, column = client_of(role), HEAD.index(role)

    found = answers_of(
        client,
        [
            (step, method, doors[door])
            for step, _ in ROWS
            for method, door in [step.split()]
        ],
    )

    assert found == {step: answers[column] for step, answers in ROWS}


@pytest.mark.fault("W1")
@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_looking_changes_nothing(doors, method):
    client = client_of("superuser")
    found = answers_of(client, [(name, method, door) for name, door in doors.items()])
    assert {a for a in found.values() if a in ("302", "made") or "change" in a} == set()


@pytest.mark.fault("W1")
def test_a_post_without_its_token_is_refused(doors):
    user = User.objects.create_superuser("superuser")
    client = signed_in(user, enforce_csrf_checks=True)

    found = answers_of(client, [(door, "POST", doors[door]) for door in POSTS])

    assert found == dict.fromkeys(POSTS, "403")


# What must be in the table: every address of our rooms that a POST opens for a superuser,
# every step of a canary, every action of a list.


def named(url: str) -> tuple[str, str]:
    match = resolve(url.partition("?")[0])
    return match.view_name, str(match.kwargs.get("step", ""))


def opened_by_post(client: Client) -> set[tuple[str, str]]:
    """Return the doors of our rooms that are not closed to a POST of a superuser."""
    pages = [
        page
        for page in addresses()
        if page.startswith(OUR_ROOMS) or not page.startswith(("/admin/", "/api/"))
    ]
    assert len(pages) > 40
    found = set()
    for url in pages:
        with transaction.atomic():
            if client.post(url, {}).status_code not in CLOSED:
                found.add(named(url))
            transaction.set_rollback(True)
    return found


# Django's own pages that look alike by POST.
LOOKING = ("_history", "app_list")


def missing_from(table: dict[str, Door], opened: set[tuple[str, str]]) -> set[str]:
    known = {named(door.url) for name, door in table.items() if name in POSTS}
    return {
        name
        for name, step in opened - known
        if step != "nonsense" and not name.endswith(LOOKING)
    }


@pytest.mark.fault("W2")
def test_no_door_that_a_post_opens_is_left_out_of_the_table(doors):
    opened = opened_by_post(client_of("superuser"))
    assert len(opened) > 20
    assert missing_from(doors, opened) == set()


def test_a_door_that_is_left_out_is_found(doors):
    opened = opened_by_post(client_of("superuser"))
    for name in ("check", "promote", "staff_revoke", "schedule"):
        others = {key: door for key, door in doors.items() if key != name}
        assert missing_from(others, opened) == {named(doors[name].url)[0]}


@pytest.mark.fault("W2")
def test_no_action_of_a_list_is_left_out_of_the_table(doors):
    request = RequestFactory().get("/")
    request.user = User.objects.create_superuser("root")
    actions = {
        (f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist", action)
        for model, pages in admin.site._registry.items()
        if model._meta.app_label in ("brains", "gateway", "cognition")
        for action in pages.get_actions(request)
    }
    sent = {
        (named(doors[door].url)[0], str(doors[door].data.get("action")))
        for door in POSTS
    }
    assert len(actions) > 4
    assert actions - sent == set()


@pytest.mark.fault("W2")
@pytest.mark.parametrize("role", ["anonymous", "guest", "staff", "Admin"])
def test_users_and_groups_are_for_superusers_alone(role):
    client = client_of(role)
    pages = [
        page
        for page in addresses()
        if page.startswith(("/admin/auth/", "/admin/django_tasks"))
        if not page.endswith("/history/")  # of rows that are not there
    ]
    assert len(pages) > 10
    shut = 302 if role in ("anonymous", "guest") else 403
    for ask in (client.get, client.post):
        answers = {url: ask(url) for url in pages}
        assert {url for url, a in answers.items() if a.status_code != shut} == set()
        leads = {a.get("Location", "").partition("?")[0] for a in answers.values()}
        assert leads == {"/admin/login/" if shut == 302 else ""}
