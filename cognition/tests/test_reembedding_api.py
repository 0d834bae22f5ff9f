"""`/api/reembedding`: who may begin, see, pause, resume and cancel a re-embedding by script,
and what comes back."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.urls import get_resolver
from django.utils import timezone

from brains import activation
from brains.staff_keys import Scope
from brains.tests.records import ANN, newest, preset
from brains.tests.scripts import Script, failure
from brains.tests.status_reader import registry
from cognition.memory.reembedding import plans
from cognition.memory.reembedding.models import ReEmbedding
from cognition.memory.reembedding.tasks import run
from cognition.tests.memories import E5, WIDE, give_vectors, keep, vector_count
from cognition.tests.plans import LONG_S, the_plan

pytestmark = pytest.mark.django_db
PATH = "/api/reembedding"
ACTIVATE, VIEW = "activate_modelpreset", "view_reembedding"
# Method, path, body, scope, permission, status when it opens. One is open.
DOORS: list[tuple[str, str, Any, str, str, int]] = [
    ("GET", PATH, None, "read", VIEW, 200),
    ("HEAD", PATH, None, "read", VIEW, 200),
    ("POST", PATH, {"preset": "wide"}, "activate", ACTIVATE, 409),
    ("POST", f"{PATH}/pause", None, "activate", ACTIVATE, 200),
    ("POST", f"{PATH}/resume", None, "activate", ACTIVATE, 200),
    ("POST", f"{PATH}/cancel", None, "activate", ACTIVATE, 200),
]
EACH_DOOR = pytest.mark.parametrize(
    "door", DOORS, ids=[f"{door[0]} {door[1]}" for door in DOORS]
)
OTHERS = ("view_modelpreset", "confirm_modelpreset", "view_memory", "force_modelpreset")


@pytest.fixture(autouse=True)
def _settled(settings, wide):
    settings.AURA_ENV_RUNG, settings.AURA_DOTENV_RUNG = {}, {}
    settings.AURA_PREFLIGHT = False
    activation.activate(preset("Offline"), ANN)


def person(*codenames):
    user, _ = User.objects.get_or_create(username="ann", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    return user


@pytest.fixture
def script():
    return Script("read,activate", person(ACTIVATE, VIEW))


def opened(wide):
    keep(10, E5)
    return plans.begin(wide, ANN)


def asked(script, door):
    return script.ask(door[0], door[1], door[2])


def rows():
    return list(ReEmbedding.objects.values())


# Who may


@pytest.mark.fault("W2")
@EACH_DOOR
@pytest.mark.parametrize("scope", Scope.values)
def test_each_door_opens_for_its_own_scope_alone(door, scope, wide):
    opened(wide)
    before = rows()

    answer = asked(Script(scope, person(ACTIVATE, VIEW)), door)

    assert answer.status_code == (door[5] if scope == door[3] else 403)
    if scope != door[3]:
        assert rows() == before


@pytest.mark.fault("W2")
@EACH_DOOR
def test_each_door_opens_for_its_one_permission(door, wide):
    opened(wide)
    before = rows()
    others = {*OTHERS, ACTIVATE, VIEW} - {door[4]}

    shut = asked(Script(user=person(*others)), door)

    assert shut.status_code == 403 and rows() == before
    assert asked(Script(user=person(door[4])), door).status_code == door[5]


@pytest.mark.fault("W2")
@EACH_DOOR
def test_without_a_key_each_door_is_shut(door, wide, admin_client):
    opened(wide)
    before = rows()

    wrong = Script().ask(door[0], door[1], door[2], Authorization="Bearer wrong")

    assert wrong.status_code == 401 and rows() == before
    assert admin_client.generic(door[0], door[1]).status_code == 401


def test_no_door_is_left_out_of_the_table(script):
    urls = get_resolver("cognition.memory.reembedding.urls").url_patterns
    found = {
        (method, f"/api/{url.pattern}")
        for url in urls
        for method in script.ask("TRACE", f"/api/{url.pattern}")["Allow"].split(", ")
    }

    assert found == {(door[0], door[1]) for door in DOORS if door[0] != "HEAD"}


# What they do


def test_a_script_begins_one_for_a_preset_in_the_name_of_who_made_its_key(script, wide):
    keep(10, E5)

    answer = script.post(PATH, {"preset": "WIDE", "reason": "wider"})

    assert answer.status_code == 201
    begun = answer.json()["reembedding"]
    assert begun == {
        **begun,
        **{"id": the_plan().pk, "preset": "Wide", "slug": "wide", "state": "running"},
        **{"total": 10, "done": 0, "refused": 0, "cost_usd": None, "ended": None},
        **{"from": {"model": E5.model, "dimension": 384}},
        **{"to": {"model": WIDE.model, "dimension": 576}},
        **{"by": "ann (key ci)", "reason": "wider"},
    }
    assert the_plan().by == User.objects.get(username="ann")
    assert newest().preset_name == "Offline"


def test_at_its_end_the_history_names_the_person_and_the_key(
    script, wide, vectors_served
):
    keep(10, E5)
    script.post(PATH, {"preset": "wide", "reason": "wider"})

    while run(LONG_S):
        pass

    assert (newest().by_name, newest().reason) == ("ann (key ci)", "wider")
    shown = script.get(PATH).json()
    assert shown["reembedding"] is None and shown["last"]["state"] == "done"
    assert shown["last"]["ended"]["revision"] == newest().revision
    assert shown["effective"] == {"model": WIDE.model, "dimension": 576, "lacking": 0}
    assert vector_count() == {E5: 10, WIDE: 10}


def test_without_a_preset_it_fills_what_is_effective(script):
    keep(3)
    assert script.get(PATH).json()["effective"]["lacking"] == 3

    begun = script.post(PATH).json()["reembedding"]

    assert begun["preset"] is None and begun["from"] == begun["to"]
    assert begun["says"] == f"Memories get their vectors of {E5}."


def test_how_far_it_is_can_be_seen(script, wide):
    memories = keep(100, E5)
    give_vectors(memories[:40], WIDE)
    plan = plans.begin(wide, ANN)
    since = timezone.now() - timedelta(seconds=1000)
    ReEmbedding.objects.filter(pk=plan.pk).update(paced_since=since, cost_usd=0.002)

    shown = script.get(PATH).json()["reembedding"]

    assert (shown["done"], shown["total"], shown["cost_usd"]) == (40, 100, 0.002)
    assert shown["per_second"] == pytest.approx(0.04, abs=0.001)
    assert shown["seconds_left"] == pytest.approx(1500, rel=0.01)
    plans.pause(plan)
    assert script.get(PATH).json()["reembedding"]["per_second"] is None


def test_pause_resume_and_cancel(script, wide):
    plan = opened(wide)

    def done(step, body=None):
        return script.post(f"{PATH}/{step}", body).json()["reembedding"]["state"]

    assert done("pause") == "paused"
    assert done("resume", {"id": plan.pk}) == "running"
    assert done("cancel") == "cancelled"
    last = script.get(PATH).json()["last"]
    assert last["says"] == "Cancelled by ann (key ci)."
    assert newest().preset_name == "Offline"


@pytest.mark.parametrize(
    ("path", "body", "expected"),
    [
        ("", {"preset": "offline"}, (409, "reembedding_refused")),
        ("", None, (409, "reembedding_refused")),
        ("", {"preset": "nobody"}, (404, "preset_not_found")),
        ("", {"preset": ""}, (422, "invalid")),
        ("", {"preset": 7}, (422, "invalid")),
        ("", {"preset": "wide", "force": True}, (422, "invalid")),
        ("", {"preset": "wide", "reason": "x" * 501}, (422, "invalid")),
        ("", {"preset": "wide", "updated_at": "2020-01-01"}, (409, "preset_changed")),
        ("", "[]", (400, "bad_request")),
        ("/pause", None, (409, "no_reembedding")),
        ("/resume", None, (409, "no_reembedding")),
        ("/cancel", {"id": 1}, (409, "no_reembedding")),
        ("/cancel", {"id": 0}, (422, "invalid")),
        ("/cancel", {"plan": 1}, (422, "invalid")),
    ],
)
def test_what_cannot_be_is_refused_and_begins_nothing(script, path, body, expected):
    keep(3, E5)

    assert failure(script.post(PATH + path, body)) == expected
    assert rows() == []


def test_a_second_one_is_refused(script, wide):
    opened(wide)

    answer = script.post(PATH, {"preset": "wide"})

    assert failure(answer) == (409, "reembedding_open")
    assert answer.json()["error"]["message"] == (
        f"Another re-embedding is open: Wide: {WIDE}."
    )


def test_another_one_than_was_meant_is_left_alone(script, wide):
    plan = opened(wide)

    answer = script.post(f"{PATH}/cancel", {"id": plan.pk + 1})

    assert failure(answer) == (409, "no_reembedding")
    assert f"{plan.pk} is. Nothing was changed." in answer.json()["error"]["message"]
    assert the_plan().is_open


def test_what_is_paused_is_not_paused_again(script, wide):
    plans.pause(opened(wide))

    assert failure(script.post(f"{PATH}/pause")) == (409, "reembedding_refused")


def test_models_that_do_not_answer_are_told_and_nothing_begins(
    script, wide, settings, upstream
):
    settings.AURA_PREFLIGHT = True
    settings.AURA_PROVIDERS = registry(url=upstream.url)
    upstream.script(WIDE.model, status=404)
    keep(3, E5)

    answer = script.post(PATH, {"preset": "wide"})

    assert failure(answer) == (422, "preflight_failed")
    assert rows() == []


def test_the_lock_refuses_it_before_models_are_asked(script, settings, upstream):
    settings.AURA_PREFLIGHT, settings.AURA_EMBEDDING_LOCK = True, True
    settings.AURA_PROVIDERS = registry(url=upstream.url)

    answer = script.post(PATH, {"preset": "wide"})

    assert failure(answer) == (409, "embedding_locked")
    assert rows() == [] and upstream.requests == []
