"""The shipped groups are there after the first run, with what each may do."""

import pytest
from django.contrib.auth.models import Group, Permission
from django.core.management import call_command
from django.test import Client

from aura_site.first_run import first_run
from aura_site.groups import GROUPS
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
