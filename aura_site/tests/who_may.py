"""The roles and doors of the table of who may do what: people, addresses, what is sent there.
At first Default is live, then Budget on trial as revision 2; Hybrid is not live."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

from django.contrib.auth.models import Group, Permission, User
from django.test import Client
from django.urls import reverse

from aura_site.groups import GROUPS, make_groups
from aura_site.tests.who_may_table import ROLES
from brains import activation, staff_keys
from brains.admin.effective import selection_of
from brains.canary import changes as canary_changes
from brains.models import ModelPreset, Schedule
from brains.staff_keys import StaffKey
from brains.tests.records import ANN, newest, preset
from cognition.conversations.models import Conversation, Turn
from cognition.memory.reembedding import plans
from cognition.memory.reembedding.models import ReEmbedding
from cognition.reflection.models import Reflection
from cognition.rehearsal import running
from cognition.rehearsal.choosing import Chosen
from cognition.tests.memories import keep
from gateway import keys
from gateway.models import ApiKey
from gateway.tests.kept import kept

SCHEDULE = {
    "days": ["mon", "tue"],
    "begins": "22:00",
    "ends": "06:00",
    "time_zone": "UTC",
    "is_enabled": "on",
}


@dataclass(frozen=True)
class Door:
    """An address, and what a form there sends. `first` makes what the form is about, and
    returns what is sent of it."""

    url: str
    data: Mapping[str, Any]
    first: Callable[[], Mapping[str, Any]] = dict


def client_of(role: str) -> Client:
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


def signed_in(user: User, **options: Any) -> Client:
    """Return the browser of a user."""
    client = Client(**options)
    client.force_login(user)
    return client


def make_doors() -> dict[str, Door]:
    """Make what the doors lead to, and return them by name."""
    activation.activate(preset("Default"), ANN)
    activation.activate(preset("Budget"), ANN, trial=timedelta(minutes=5))
    places = {**_of_presets(), **_of_what_is_live(), **_of_canaries(), **_of_keys()}
    places |= _of_kept()
    places["status"] = (reverse("home"), {})
    # What they need from whom is tested beside them: here, that not everybody gets in.
    places["chat_message"] = (reverse("chat_message"), {})
    places["chat_stream"] = (reverse("chat_stream"), {})
    places["home"] = (reverse("admin:index"), {})
    places["playground"] = (reverse("playground"), {})
    places["prefer"] = (reverse("playground_prefer"), {})
    places["forget"] = (reverse("playground_delete", args=[uuid4()]), {})
    places["calls"] = (_of("gateway_callrecord_changelist"), {})
    reflected = _of("cognition_reflection_changelist")
    places["reflections"] = (reflected, {})
    places["try_again"] = (reflected, _action("try_again", _set_aside().pk))
    places |= _of_reembeddings()
    places |= _of_people()
    places["usage"] = (_of("gateway_hourlyusage_changelist"), {})
    return {name: Door(*place) for name, place in places.items()}


def _of_presets() -> dict[str, tuple[Any, ...]]:
    live, other = preset("Budget").pk, preset("Hybrid").pk
    fields = {"name": "New name", "slug": "new", "l1_model": "new/model"}
    listed = _of("brains_modelpreset_changelist")
    hours = Schedule.objects.create(preset=preset("Hybrid"), **SCHEDULE_ROW)
    form = SCHEDULE | {"preset": other}
    unscheduled = preset("Performance").pk
    return {
        "list": (listed, {}),
        "form": (_of("brains_modelpreset_change", other), {}),
        "save": (_of("brains_modelpreset_change", other), fields),
        "save_live": (_of("brains_modelpreset_change", live), fields),
        "add": (_of("brains_modelpreset_add"), fields),
        "delete": (_of("brains_modelpreset_delete", unscheduled), {"post": "yes"}),
        "delete_action": (
            listed,
            _action("delete_selected", unscheduled) | {"post": "yes"},
        ),
        "activate_action": (listed, _action("activate_selected", other)),
        "deactivate_action": (listed, _action("deactivate_selected", live)),
        "compare_presets": (
            _of("brains_modelpreset_compare") + f"?first={live}&second={other}",
            {},
        ),
        "explain": (_of("brains_modelpreset_explain"), {}),
        "export": (_of("brains_modelpreset_export"), {}),
        "models": (_of("brains_modelpreset_models") + "?q=gemma", {}),
        "check": (_of("brains_modelpreset_preflight", other), {}),
        "progress": (_of("brains_modelpreset_preflight_progress", other), {}),
        "edit_check": (_of("brains_modelpreset_preflight_edit", live), fields),
        "edit_progress": (
            _of("brains_modelpreset_preflight_edit_progress", live),
            fields,
        ),
        "schedules": (_of("brains_schedule_changelist"), {}),
        "schedule_add": (_of("brains_schedule_add"), form),
        "schedule": (_of("brains_schedule_change", hours.pk), form | {"days": ["sun"]}),
        "schedule_delete": (_of("brains_schedule_delete", hours.pk), {"post": "yes"}),
        "schedule_action": (
            _of("brains_schedule_changelist"),
            _action("delete_selected", hours.pk) | {"post": "yes"},
        ),
    }


def _of_what_is_live() -> dict[str, tuple[Any, ...]]:
    other = preset("Hybrid").pk
    forced = {"force": "1", "reason": "it must be"}
    return {
        "activate": (_of("brains_modelpreset_activate", other), {}),
        "activate_forced": (_of("brains_modelpreset_activate", other), forced),
        "deactivate": (_of("brains_modelpreset_deactivate"), {}),
        "confirm": (_of("brains_activation_confirm"), {"revision": 2}),
        "revert": (_of("brains_activation_revert"), {"revision": 2}),
        "roll_back": (_of("brains_activation_roll_back", 1), {}),
        "back_check": (_of("brains_activation_roll_back_check", 1), {}),
        "back_progress": (_of("brains_activation_roll_back_progress", 1), {}),
        "history": (_of("brains_activation_changelist"), {}),
        "revision": (_of("brains_activation_change", newest().pk), {"reason": "x"}),
        "compare": (_of("brains_activation_compare") + "?a=1&b=2", {}),
    }


def _of_canaries() -> dict[str, tuple[Any, ...]]:
    start = _of("brains_modelpreset_canary_start", preset("Hybrid").pk)
    steps = {
        step: (_of("brains_modelpreset_canary_step", step), {"percent": 20}, _canary)
        for step in ("promote", "percent", "abort")
    }
    return {
        "canary": (_of("brains_modelpreset_canary"), {}),
        "canary_start": (start, {"percent": 5}),
        "canary_forced": (start, {"percent": 5, "force": "1", "reason": "it must be"}),
        "canary_step": (_of("brains_modelpreset_canary_step", "abort"), {}),
        **steps,
    }


def _of_reembeddings() -> dict[str, tuple[Any, ...]]:
    keep(1)
    plan = plans.begin(None, ANN)
    plans.cancel(plan, ANN)
    other = ModelPreset.objects.create(name="Vectors", embedding_model="a/vectors")

    def of(state: str) -> Callable[[], Mapping[str, Any]]:
        """Let the plan be in a state; nothing is sent of it."""
        rows = ReEmbedding.objects.filter(pk=plan.pk)
        return lambda: {"plan": rows.update(state=state)}

    steps = {"pause": "running", "resume": "paused", "cancel": "running"}
    return {
        "reembeddings": (_of("cognition_reembedding_changelist"), {}),
        "reembedding": (_of("cognition_reembedding_change", plan.pk), {"reason": "x"}),
        "re_begin": (_of("cognition_reembedding_begin", other.pk), {}),
        "re_fill": (_of("cognition_reembedding_fill"), {}),
        **{
            f"re_{act}": (
                _of("cognition_reembedding_step", plan.pk, act),
                {},
                of(state),
            )
            for act, state in steps.items()
        },
    }


def _of_keys() -> dict[str, tuple[Any, ...]]:
    key = keys.keep(ApiKey(name="web app"), keys.new_key()).pk
    staff = StaffKey(name="ci", scopes="read")
    staff_keys.make(staff)
    scopes = {"name": "another", "scopes": ["read"]}
    confirmed = {"confirmed": "yes"}
    action = "revoke_selected"
    listed = {kind: _of(f"{kind}_changelist") for kind in (OURS, THEIRS)}
    return {
        "staff_keys": (listed[OURS], {}),
        "staff_add": (_of(f"{OURS}_add"), scopes),
        "staff_key": (_of(f"{OURS}_change", staff.pk), {"name": "renamed"}),
        "staff_revoke": (_of(f"{OURS}_revoke", staff.pk), confirmed),
        "staff_action": (listed[OURS], _action(action, staff.pk) | confirmed),
        "keys": (listed[THEIRS], {}),
        "key": (_of(f"{THEIRS}_change", key), {"name": "renamed"}),
        "key_add": (_of(f"{THEIRS}_add"), {"name": "another"}),
        "key_revoke": (_of(f"{THEIRS}_revoke", key), confirmed),
        "key_action": (listed[THEIRS], _action(action, key) | confirmed),
    }


def _of_kept() -> dict[str, tuple[Any, ...]]:
    exchange, candidate = kept(), preset("Hybrid")
    selection, user = selection_of(candidate), User.objects.create_user("ann")
    rehearsal = running.begin(
        candidate, selection, [Chosen(exchange, 0.1)], layer="", cap_usd=1.0, user=user
    )
    start = {"count": 1, "layer": "l3", "cap_usd": "1"}
    one = _of("gateway_keptexchange_delete", exchange.pk)
    return {
        "kept": (_of("gateway_keptexchange_changelist"), {}),
        "exchange": (_of("gateway_keptexchange_change", exchange.pk), {}),
        "exchange_delete": (one, {"post": "yes"}),
        "kept_delete": (_of("gateway_keptexchange_delete_all"), {}),
        "rehearse": (_of("cognition_rehearsal_start", candidate.pk), start),
        "rehearsals": (_of("cognition_rehearsal_changelist"), {}),
        "rehearsal": (_of("cognition_rehearsal_change", rehearsal.pk), {}),
        "rehearsal_stop": (_of("cognition_rehearsal_stop", rehearsal.pk), {}),
    }


def _of_people() -> dict[str, tuple[Any, ...]]:
    ann = {"user": "ann", "kind": "client"}  # whose reflection was set aside
    return {
        "person": (_of("cognition_person_changelist"), ann),
        "person_export": (_of("cognition_person_export"), ann),
        "person_forget": (_of("cognition_person_forget"), ann | {"confirmed": "yes"}),
    }


OURS, THEIRS = "brains_staffkey", "gateway_apikey"
SCHEDULE_ROW = {
    "days": "sat",
    "begins": "10:00",
    "ends": "11:00",
    "time_zone": "UTC",
    "is_enabled": True,
}


def _canary() -> Mapping[str, Any]:
    """Start a canary, and return what its forms say of it."""
    canary = canary_changes.start(preset("Performance"), Decimal(10), ANN)
    return {"canary": canary.pk}


def _set_aside() -> Reflection:
    """Return a reflection that was tried in vain."""
    conversation = Conversation.objects.create(person="client:ann")
    turn = Turn.objects.create(
        conversation=conversation,
        number=1,
        revision=1,
        selection={"choices": {"l2_model": ["a/two", "preset"]}},
    )
    return Reflection.objects.create(turn=turn, state="failed", reason="It was away.")


def _action(name: str, pk: int) -> dict[str, Any]:
    return {"action": name, "_selected_action": [pk]}


def _of(name: str, *args: Any) -> str:
    return reverse(f"admin:{name}", args=args)
