"""The groups that Aura ships, from which an admin chooses what a colleague may do. What
people have changed in a group stays as they made it; permissions that are new with an upgrade
are added to it."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django.apps import AppConfig, apps
from django.contrib.auth.management import create_permissions
from django.contrib.auth.models import Group, Permission
from django.db import DEFAULT_DB_ALIAS, transaction

ROOMS = ("brains", "gateway", "cognition")
_SEES = (
    "brains.view_modelpreset",
    "brains.view_activation",
    "brains.view_schedule",
    "brains.view_staffkey",
    "gateway.view_apikey",
    "gateway.view_callrecord",
    "gateway.view_hourlyusage",
    "cognition.view_reembedding",
    "cognition.view_reflection",
)
_OPERATES = (
    "brains.activate_modelpreset",
    "brains.confirm_modelpreset",
    "brains.roll_back_modelpreset",
    "brains.probe_modelpreset",
    "cognition.use_playground",  # what is said there costs money
    "cognition.retry_reflection",
)
_SETS_UP = (
    "brains.add_modelpreset",
    "brains.change_modelpreset",
    "brains.delete_modelpreset",
    "brains.force_modelpreset",
    "brains.add_schedule",
    "brains.change_schedule",
    "brains.delete_schedule",
    "brains.add_staffkey",
    "brains.change_staffkey",
    "gateway.add_apikey",
    "gateway.change_apikey",
    "cognition.export_person",
    "cognition.forget_person",
    "gateway.view_keptexchange",
    "gateway.delete_keptexchange",
    "gateway.rehearse_keptexchange",
)
# None of them may edit users: who may could make themselves a superuser.
GROUPS: Mapping[str, tuple[str, ...]] = {
    "Viewer": _SEES,
    "Operator": (*_SEES, *_OPERATES),
    "Admin": (*_SEES, *_OPERATES, *_SETS_UP),
}


def make_groups() -> None:
    """Make each shipped group that is missing, with its permissions. One that is there
    stays as it is."""
    for room in ROOMS:  # `migrate` has made them, unless it was stopped before its end
        make_permissions(apps.get_app_config(room))
    missing = GROUPS.keys() - set(Group.objects.values_list("name", flat=True))
    for name in sorted(missing):
        group = Group.objects.create(name=name)
        group.permissions.set(_rows(Permission.objects, GROUPS[name]))


def make_permissions(
    app_config: AppConfig,
    using: str = DEFAULT_DB_ALIAS,
    apps: Any = apps,
    **_: Any,
) -> None:
    """Make the permissions of a room that are not there yet, and add each to the shipped
    groups that have it, together: so what somebody took away is never new again.

    `migrate` calls it, before Django itself would make them, with the tables as they are then.
    """
    if app_config.label not in ROOMS:
        return
    try:
        permissions, groups = (
            apps.get_model("auth", name).objects.using(using)
            for name in ("Permission", "Group")
        )
    except LookupError:  # it goes back to where there were none
        return
    with transaction.atomic(using):
        before = _names(permissions.all())
        create_permissions(app_config, verbosity=0, using=using, apps=apps)
        new = _names(permissions.all()) - before
        for group in groups.filter(name__in=GROUPS) if new else ():
            shipped = set(GROUPS[group.name])
            if _is_shipped(_names(group.permissions.all()), shipped & before):
                group.permissions.add(*_rows(permissions, shipped & new))


def _is_shipped(has: set[str], had: set[str]) -> bool:
    """Say whether a group is the one that Aura made, however people changed it, and no other
    of its name: it has most of what that one had."""
    return 2 * len(has & had) > len(had)


def _names(permissions: Any) -> set[str]:
    fields = ("content_type__app_label", "codename")
    rows = permissions.filter(content_type__app_label__in=ROOMS).values_list(*fields)
    return {f"{room}.{codename}" for room, codename in rows}


def _rows(permissions: Any, names: Iterable[str]) -> Iterator[Any]:
    for name in names:
        room, _, codename = name.partition(".")
        yield permissions.get(content_type__app_label=room, codename=codename)
