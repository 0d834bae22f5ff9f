"""The shipped groups are there after the first run, with what each may do."""

import shutil

import pytest
from django.contrib.auth.models import Group, Permission
from django.core.management import call_command
from django.test import Client

from aura_site.first_run import first_run
from aura_site.groups import GROUPS
from tests.made_once import made_once
from tests.own_database import own_database


def permissions_of(name):
    rows = Group.objects.get(name=name).permissions.select_related("content_type")
    return {f"{row.content_type.app_label}.{row.codename}" for row in rows}


@pytest.mark.django_db
def test_the_first_run_makes_each_group_with_its_permissions():
    first_run()

    assert {group.name for group in Group.objects.all()} == {
        "Viewer",
        "Operator",
        "Admin",
    }
    assert {name: permissions_of(name) for name in GROUPS} == {
        name: set(permissions) for name, permissions in GROUPS.items()
    }


@pytest.mark.django_db
def test_a_group_of_the_same_name_and_one_that_people_changed_stay():
    Group.objects.create(name="Admin")
    first_run()
    Group.objects.get(name="Operator").permissions.clear()

    first_run()

    assert permissions_of("Admin") == permissions_of("Operator") == set()
    assert permissions_of("Viewer")


@pytest.mark.django_db
def test_permissions_that_a_stopped_migrate_left_out_are_made():
    Permission.objects.filter(codename="roll_back_modelpreset").delete()
    first_run()
    assert "brains.roll_back_modelpreset" in permissions_of("Operator")


@pytest.mark.django_db
def test_no_group_may_edit_users():
    first_run()
    auth = Permission.objects.filter(content_type__app_label="auth")
    assert not auth.filter(group__isnull=False).exists()


# An upgrade. What there was is made by the migrations of an earlier version.

EARLIER = (
    ("gateway", "0004_key_limits"),  # without kept exchanges
    ("brains", "0008_canary"),  # without staff keys
)


def go_back():
    for app, name in EARLIER:
        call_command("migrate", app, name, verbosity=0)


def make_earlier():
    """Make the tables of an earlier version, without the mind, and the groups as it did."""
    go_back()
    for name, names in GROUPS.items():
        Group.objects.create(name=name).permissions.set(there(names))


@pytest.fixture
def earlier(tmp_path, django_db_blocker):
    """A database of an earlier version."""

    def make(folder):
        with own_database("", folder):
            make_earlier()

    with django_db_blocker.unblock():
        folder = made_once("earlier-groups", make)
        shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
        with own_database("", tmp_path):
            yield


def there(names):
    """Return those of these permissions that the database has by now."""
    return [
        row
        for row in Permission.objects.select_related("content_type")
        if f"{row.content_type.app_label}.{row.codename}" in names
    ]


def upgrade():
    call_command("migrate", verbosity=0)
    first_run()


def test_an_upgrade_gives_the_groups_what_is_new(earlier):
    gives_what_is_new()


@pytest.mark.slow
def test_so_it_does_on_postgresql(postgres, tmp_path, django_db_blocker):
    url = postgres.create_database("earlier_groups")
    with django_db_blocker.unblock(), own_database(url, tmp_path):
        make_earlier()
        gives_what_is_new()


def gives_what_is_new():
    before = {name: permissions_of(name) for name in GROUPS}
    assert "brains.view_modelpreset" in before["Viewer"]
    assert "brains.view_staffkey" not in before["Viewer"]
    assert "cognition.use_playground" not in before["Operator"]
    assert "gateway.view_keptexchange" not in before["Admin"]

    upgrade()

    assert {name: permissions_of(name) for name in GROUPS} == {
        name: set(names) for name, names in GROUPS.items()
    }


@pytest.mark.slow
def test_an_upgrade_gives_back_nothing_that_was_taken_away(earlier):
    taken = "gateway.view_callrecord", "brains.activate_modelpreset"
    for name in ("Viewer", "Operator"):
        Group.objects.get(name=name).permissions.remove(*there(taken))
    kept = Permission.objects.get(codename="add_user")
    Group.objects.get(name="Operator").permissions.add(kept)

    upgrade()

    assert permissions_of("Viewer") == set(GROUPS["Viewer"]) - set(taken)
    assert permissions_of("Operator") == (
        set(GROUPS["Operator"]) - set(taken) | {"auth.add_user"}
    )
    assert permissions_of("Admin") == set(GROUPS["Admin"])


@pytest.mark.slow
def test_what_was_taken_away_after_it_is_not_given_back_by_the_next(earlier):
    upgrade()
    Group.objects.get(name="Admin").permissions.remove(
        *there(["gateway.view_keptexchange"])
    )

    go_back()
    upgrade()

    assert "gateway.view_keptexchange" not in permissions_of("Admin")


@pytest.mark.slow
def test_an_upgrade_leaves_a_group_of_ones_own_alone(earlier):
    Group.objects.get(name="Admin").permissions.set(there(["brains.view_modelpreset"]))
    Group.objects.filter(name="Operator").update(name="Night shift")
    before = permissions_of("Night shift")

    upgrade()

    assert permissions_of("Admin") == {"brains.view_modelpreset"}
    assert permissions_of("Night shift") == before
    assert permissions_of("Operator") == set(GROUPS["Operator"]), "it was missing"


@pytest.mark.slow
def test_an_upgrade_that_is_stopped_gives_them_at_the_next_start(earlier, monkeypatch):
    def stop(*_, **__):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(
            "django.core.management.commands.migrate.emit_post_migrate_signal", stop
        )
        with pytest.raises(KeyboardInterrupt):
            call_command("migrate", verbosity=0)
    assert "brains.view_staffkey" not in permissions_of("Viewer")

    first_run()

    assert permissions_of("Admin") == set(GROUPS["Admin"])


def test_a_fresh_database_has_them_after_migrate_and_the_first_run(
    tmp_path, django_db_blocker
):
    with django_db_blocker.unblock(), own_database("", tmp_path):
        call_command("migrate", verbosity=0)
        first_run()
        assert permissions_of("Admin") == set(GROUPS["Admin"])


@pytest.mark.slow
def test_a_fresh_postgresql_has_them_too(postgres, tmp_path, django_db_blocker):
    url = postgres.create_database("groups")
    with django_db_blocker.unblock(), own_database(url, tmp_path):
        call_command("migrate", verbosity=0)
        first_run()
        assert permissions_of("Admin") == set(GROUPS["Admin"])


@pytest.mark.django_db
def test_a_member_of_a_group_may_do_what_it_says(django_user_model):
    first_run()
    user = django_user_model.objects.create_user("ann", is_staff=True)
    user.groups.add(Group.objects.get(name="Viewer"))
    client = Client()
    client.force_login(user)
    assert client.get("/admin/brains/modelpreset/").status_code == 200
    assert client.get("/admin/brains/modelpreset/add/").status_code == 403
