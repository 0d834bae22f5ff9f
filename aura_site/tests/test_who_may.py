"""Who may do what in the admin: each role, each door, over HTTP, exactly as tabled; GET
changes nothing, and a POST without its token is refused."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.db import transaction
from django.test import Client
from django.urls import reverse

from aura_site.groups import GROUPS, make_groups
from brains import activation
from brains.models import Schedule
from brains.staff_keys import StaffKey
from brains.tests.records import ANN, everything, newest, preset
from cognition.conversations.models import Conversation, Turn
from cognition.reflection.models import Reflection
from gateway import keys
from gateway.models import ApiKey

pytestmark = pytest.mark.django_db

# What each role has of its own; the groups have theirs.
ROLES = {
    "staff": (),
    "view": (
        "view_modelpreset",
        "view_activation",
        "view_schedule",
        "view_staffkey",
        "view_apikey",
        "view_callrecord",
        "view_hourlyusage",
        "view_reflection",
    ),
    "change": (
        "change_modelpreset",
        "change_apikey",
        "change_schedule",
        "change_staffkey",
    ),
    "activate": ("activate_modelpreset",),
    "confirm": ("confirm_modelpreset",),
    "roll_back": ("roll_back_modelpreset",),
}
OTHERS = ("anonymous", "guest", "superuser")

# The answer of each door to each role: a status, or `login` when it sends people there.
# At first Default is live, then Budget on trial as revision 2; Hybrid is not live.
TABLE = """
door              anonymous guest staff view change activate confirm roll_back Viewer Operator Admin superuser
GET  status       200       200   200   200  200    200      200     200       200    200      200   200
GET  home         login     login 200   200  200    200      200     200       200    200      200   200
GET  list         login     login 403   200  200    200      403     403       200    200      200   200
GET  form         login     login 403   200  200    200      403     403       200    200      200   200
POST save         login     login 403   403  302    403      403     403       403    403      302   302
POST save_live    login     login 403   403  403    403      403     403       403    403      302   302
GET  add          login     login 403   403  403    403      403     403       403    403      200   200
POST delete       login     login 403   403  403    403      403     403       403    403      302   302
GET  activate     login     login 403   403  403    200      403     403       403    200      200   200
POST activate     login     login 403   403  403    302      403     403       403    302      302   302
PUT  activate     login     login 403   403  403    405      403     403       403    405      405   405
GET  deactivate   login     login 403   403  403    200      403     403       403    200      200   200
POST deactivate   login     login 403   403  403    302      403     403       403    302      302   302
GET  confirm      login     login 403   403  403    403      405     403       403    405      405   405
POST confirm      login     login 403   403  403    403      302     403       403    302      302   302
GET  revert       login     login 403   403  403    403      403     405       403    405      405   405
POST revert       login     login 403   403  403    403      403     302       403    302      302   302
GET  roll_back    login     login 403   403  403    403      403     200       403    200      200   200
POST roll_back    login     login 403   403  403    403      403     302       403    302      302   302
PUT  roll_back    login     login 403   403  403    403      403     405       403    405      405   405
GET  history      login     login 403   200  403    403      403     200       200    200      200   200
GET  revision     login     login 403   200  403    403      403     200       200    200      200   200
POST revision     login     login 403   403  403    403      403     403       403    403      403   403
GET  compare      login     login 403   200  403    403      403     200       200    200      200   200
POST compare      login     login 403   405  403    403      403     405       405    405      405   405
GET  explain      login     login 403   200  200    200      403     403       200    200      200   200
POST explain      login     login 403   405  405    405      403     403       405    405      405   405
GET  compare_presets  login     login 403   200  200    200      403     403       200    200      200   200
POST compare_presets  login     login 403   405  405    405      403     403       405    405      405   405
GET  schedules    login     login 403   200  200    403      403     403       200    200      200   200
POST schedule_add login     login 403   403  403    403      403     403       403    403      302   302
GET  models       login     login 403   200  200    200      403     403       200    200      200   200
GET  check        login     login 403   403  403    200      403     403       403    200      200   200
PUT  check        login     login 403   403  403    405      403     403       403    405      405   405
GET  canary       login     login 403   403  403    200      403     403       403    200      200   200
POST canary       login     login 403   403  403    405      403     403       403    405      405   405
GET  canary_start login     login 403   403  403    200      403     403       403    200      200   200
POST canary_start login     login 403   403  403    302      403     403       403    302      302   302
GET  canary_step  login     login 403   403  403    405      403     403       403    405      405   405
GET  staff_keys   login     login 403   200  200    403      403     403       200    200      200   200
POST staff_add    login     login 403   403  403    403      403     403       403    403      200   200
GET  keys         login     login 403   200  200    403      403     403       200    200      200   200
GET  key          login     login 403   200  200    403      403     403       200    200      200   200
POST key          login     login 403   403  302    403      403     403       403    403      302   302
GET  key_add      login     login 403   403  403    403      403     403       403    403      200   200
POST key_add      login     login 403   403  403    403      403     403       403    403      200   200
GET  key_revoke   login     login 403   403  200    403      403     403       403    403      200   200
POST key_revoke   login     login 403   403  302    403      403     403       403    403      302   302
GET  calls        login     login 403   200  403    403      403     403       200    200      200   200
GET  usage        login     login 403   200  403    403      403     403       200    200      200   200
GET  playground   login     login 403   403  403    403      403     403       403    200      200   200
POST prefer       login     login 403   403  403    403      403     403       403    400      400   400
POST forget       login     login 403   403  403    403      403     403       403    404      404   404
GET  reflections  login     login 403   200  403    403      403     403       200    200      200   200
POST try_again    login     login 403   200  403    403      403     403       200    302      302   302
"""
LINES = [line.split() for line in TABLE.strip().splitlines()]
SCHEDULE = {
    "days": ["mon", "tue"],
    "begins": "22:00",
    "ends": "06:00",
    "time_zone": "UTC",
    "is_enabled": "on",
}
SHOWING = ("POST key_add", "POST staff_add")
HEAD = LINES[0][1:]
ROWS = [(line[:2], line[2:]) for line in LINES[1:]]
POSTS = sorted({door for (method, door), _ in ROWS if method == "POST"})


def client_of(role):
    """Return the browser of somebody in this role."""
    if role == "anonymous":
        return Client()
    if role == "superuser":
        return signed_in(User.objects.create_superuser(role))
    user = User.objects.create_user(role, is_staff=role != "guest")
    if role in ROLES:
        permissions = Permission.objects.filter(codename__in=ROLES[role])
        assert permissions.count() == len(ROLES[role])
        user.user_permissions.set(permissions)
    if role in GROUPS:
        make_groups()
        user.groups.add(Group.objects.get(name=role))
    return signed_in(user)


def set_aside():
    """Return a reflection that was tried in vain."""
    conversation = Conversation.objects.create(person="client:ann")
    turn = Turn.objects.create(
        conversation=conversation,
        number=1,
        revision=1,
        selection={"choices": {"l2_model": ["a/two", "preset"]}},
    )
    return Reflection.objects.create(turn=turn, state="failed", reason="It was away.")


@pytest.fixture
def doors():
    """Each door's address, and what a form there sends."""
    activation.activate(preset("Default"), ANN)
    activation.activate(preset("Budget"), ANN, trial=timedelta(minutes=5))
    live, other = preset("Budget").pk, preset("Hybrid").pk
    key = keys.keep(ApiKey(name="web app"), keys.new_key()).pk
    entry = newest().pk
    reflection = set_aside().pk
    fields = {"name": "New name", "slug": "new", "l1_model": "new/model"}
    return {
        "status": (reverse("home"), {}),
        "home": (reverse("admin:index"), {}),
        "list": (of("brains_modelpreset_changelist"), {}),
        "form": (of("brains_modelpreset_change", other), {}),
        "save": (of("brains_modelpreset_change", other), fields),
        "save_live": (of("brains_modelpreset_change", live), fields),
        "add": (of("brains_modelpreset_add"), {}),
        "delete": (of("brains_modelpreset_delete", other), {"post": "yes"}),
        "activate": (of("brains_modelpreset_activate", other), {}),
        "deactivate": (of("brains_modelpreset_deactivate"), {}),
        "explain": (of("brains_modelpreset_explain"), {}),
        "confirm": (of("brains_activation_confirm"), {"revision": 2}),
        "revert": (of("brains_activation_revert"), {"revision": 2}),
        "roll_back": (of("brains_activation_roll_back", 1), {}),
        "history": (of("brains_activation_changelist"), {}),
        "revision": (of("brains_activation_change", entry), {"reason": "x"}),
        "compare": (of("brains_activation_compare") + "?a=1&b=2", {}),
        "compare_presets": (
            of("brains_modelpreset_compare") + f"?first={live}&second={other}",
            {},
        ),
        "schedules": (of("brains_schedule_changelist"), {}),
        "schedule_add": (of("brains_schedule_add"), SCHEDULE | {"preset": other}),
        "models": (of("brains_modelpreset_models") + "?q=gemma", {}),
        "check": (of("brains_modelpreset_preflight", other), {}),
        "canary": (of("brains_modelpreset_canary"), {}),
        "canary_start": (of("brains_modelpreset_canary_start", other), {"percent": 5}),
        "canary_step": (of("brains_modelpreset_canary_step", "abort"), {}),
        "staff_keys": (of("brains_staffkey_changelist"), {}),
        "staff_add": (of("brains_staffkey_add"), {"name": "ci", "scopes": ["read"]}),
        "keys": (of("gateway_apikey_changelist"), {}),
        "key": (of("gateway_apikey_change", key), {"name": "renamed"}),
        "key_add": (of("gateway_apikey_add"), {"name": "another"}),
        "key_revoke": (of("gateway_apikey_revoke", key), {"confirmed": "yes"}),
        "calls": (of("gateway_callrecord_changelist"), {}),
        "usage": (of("gateway_hourlyusage_changelist"), {}),
        "playground": (reverse("playground"), {}),
        "prefer": (reverse("playground_prefer"), {}),
        "forget": (reverse("playground_delete", args=[uuid4()]), {}),
        "reflections": (of("cognition_reflection_changelist"), {}),
        "try_again": (
            of("cognition_reflection_changelist"),
            {"action": "try_again", "_selected_action": reflection},
        ),
    }


def of(name, *args):
    return reverse(f"admin:{name}", args=args)


def signed_in(user, **options):
    client = Client(**options)
    client.force_login(user)
    return client


def state():
    """Everything that these doors may change."""
    others = (Schedule, StaffKey, ApiKey, Reflection)
    return everything(), [list(o.objects.order_by("pk").values()) for o in others]


def answer_of(client, method, place, before):
    """Return how the door answers, as the table has it, and whether that changed what was
    `before`; then all is as it was."""
    url, data = place
    with transaction.atomic():
        response = getattr(client, method.lower())(url, data)
        has_changed = state() != before
        transaction.set_rollback(True)
    is_login = response.status_code == 302 and response.url.startswith("/admin/login/")
    return "login" if is_login else str(response.status_code), has_changed


def test_the_table_is_whole():
    assert set(HEAD) == {*ROLES, *GROUPS, *OTHERS}
    assert all(len(answers) == len(HEAD) for _, answers in ROWS)


@pytest.mark.parametrize("role", HEAD)
def test_each_role_is_answered_as_tabled(role, doors):
    client, before = client_of(role), state()
    column = HEAD.index(role)
    tabled = {" ".join(step): answers[column] for step, answers in ROWS}

    found = {
        f"{method} {door}": answer_of(client, method, doors[door], before)
        for (method, door), _ in ROWS
    }

    assert {step: status for step, (status, _) in found.items()} == tabled
    # A new key is shown by the answer itself; every other change leads on to a page.
    done = {step for step, status in tabled.items() if status == "302"}
    done |= {step for step in SHOWING if tabled[step] == "200"}
    assert {step for step, (_, has_changed) in found.items() if has_changed} == done


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_looking_changes_nothing(doors, method):
    client, before = client_of("superuser"), state()
    changed = [d for d in doors if answer_of(client, method, doors[d], before)[1]]
    assert changed == []


def test_a_post_without_its_token_is_refused(doors):
    user = User.objects.create_superuser("superuser")
    client, before = signed_in(user, enforce_csrf_checks=True), state()

    found = {d: answer_of(client, "POST", doors[d], before) for d in POSTS}

    assert found == dict.fromkeys(POSTS, ("403", False))
