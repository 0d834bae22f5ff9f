"""The groups that Aura ships, from which an admin chooses what a colleague may do. What
people have changed in a group stays as they made it."""

from collections.abc import Iterable, Iterator, Mapping

from django.apps import apps
from django.contrib.auth.management import create_permissions
from django.contrib.auth.models import Group, Permission

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
    missing = GROUPS.keys() - set(Group.objects.values_list("name", flat=True))
    if not missing:
        return
    for room in ROOMS:  # `migrate` has made them, unless it was stopped before its end
        create_permissions(apps.get_app_config(room), verbosity=0)
    for name in sorted(missing):
        group = Group.objects.create(name=name)
        group.permissions.set(_found(GROUPS[name]))


def _found(names: Iterable[str]) -> Iterator[Permission]:
    for name in names:
        room, _, codename = name.partition(".")
        yield Permission.objects.get(content_type__app_label=room, codename=codename)
