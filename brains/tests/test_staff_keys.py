"""Staff keys: made by a command and shown once, kept as SHA-256, and good for as long as their
creator is."""

from datetime import timedelta
from io import StringIO

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.utils import timezone

from brains import staff_keys
from brains.key_record import digest_of
from brains.staff_keys import StaffKey, scopes_typed
from brains.tests.scripts import person

pytestmark = pytest.mark.django_db


@pytest.fixture
def root():
    return User.objects.create_superuser("root")


def made(*arguments):
    output, beside = StringIO(), StringIO()
    call_command("create_staff_key", *arguments, stdout=output, stderr=beside)
    return output.getvalue(), beside.getvalue()


def key_of(user, **fields):
    row = StaffKey(name="ci", scopes="read", created_by=user, **fields)
    return staff_keys.make(row), row


def test_a_key_is_printed_alone_and_only_its_digest_is_kept(root):
    output, beside = made("ci", "--scopes", "activate,read")

    key, row = output.removesuffix("\n"), StaffKey.objects.get()
    assert key.startswith("aura_staff_") and len(key) >= 48 and len(key.split()) == 1
    assert (row.name, row.sha256, row.hint) == ("ci", digest_of(key), f"…{key[-4:]}")
    assert (row.scopes, row.created_by, row.expires_at) == ("read,activate", root, None)
    assert key not in beside and "'ci' of root, shown this once" in beside


def test_a_key_acts_for_whom_is_named(root):
    ann = person()

    made("ci", "--scopes", "read", "--user", "ann", "--expires", "2999-01-31")

    row = StaffKey.objects.get()
    assert row.created_by == ann and row.expires_at and row.expires_at.year == 2999


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["ci", "--scopes", "write"], "--scopes: 'write' names no scopes"),
        (["ci", "--scopes", ""], "names no scopes"),
        (["ci", "--scopes", "read", "--user", "nobody"], "no active member of staff"),
        (["ci", "--scopes", "read", "--user", "guest"], "no active member of staff"),
        (["ci", "--scopes", "read", "--expires", "soon"], "is no date"),
        (["ci", "--scopes", "read", "--expires", "2001-01-01"], "in the past"),
        ([" ", "--scopes", "read"], "The name cannot be used"),
        (["x" * 101, "--scopes", "read"], "The name cannot be used"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(root, arguments, reason):
    User.objects.create_user("guest")

    with pytest.raises(CommandError, match=reason):
        made(*arguments)

    assert not StaffKey.objects.exists()


def test_without_a_single_superuser_somebody_must_be_named():
    with pytest.raises(CommandError, match="There is no superuser: say with --user"):
        made("ci", "--scopes", "read")

    User.objects.create_superuser("one"), User.objects.create_superuser("two")
    with pytest.raises(CommandError, match="several superusers: say with --user"):
        made("ci", "--scopes", "read")


def test_a_key_is_found_and_its_use_is_noted(root):
    key, row = key_of(root)

    assert staff_keys.find(key) == row
    row.refresh_from_db()
    assert row.last_used_at and row.last_used_at > timezone.now() - timedelta(minutes=1)


def test_the_use_is_written_down_once_a_minute(root, django_assert_num_queries):
    key, _ = key_of(root)
    staff_keys.find(key)

    with django_assert_num_queries(1):
        staff_keys.find(key)


@pytest.mark.parametrize(
    "key", ["", "aura_staff_x", "x" * 600, "\ud800", "aura_staff_"]
)
def test_what_is_no_key_finds_nothing(root, key):
    key_of(root)

    assert staff_keys.find(key) is None


def test_the_digest_is_no_key(root):
    key, row = key_of(root)

    assert staff_keys.find(row.sha256) is None
    assert staff_keys.find(key.swapcase()) is None


def test_a_revoked_key_is_dead_and_stays_so(root):
    key, row = key_of(root)

    staff_keys.revoke(row)
    row.name = "new name"
    staff_keys.save(row)

    assert staff_keys.find(key) is None and row.state == "revoked"
    assert StaffKey.objects.get().name == "new name"


def test_an_expired_key_is_dead(root):
    key, row = key_of(root, expires_at=timezone.now() - timedelta(seconds=1))

    assert staff_keys.find(key) is None and row.state == "expired"


@pytest.mark.parametrize("field", ["is_active", "is_staff"])
def test_a_key_sleeps_while_its_creator_is_not_active_staff(root, field):
    key, row = key_of(root)

    User.objects.update(**{field: False})
    assert staff_keys.find(key) is None
    assert StaffKey.objects.get().state == "creator inactive"

    User.objects.update(**{field: True})
    assert staff_keys.find(key) == row


def test_a_key_of_nobody_opens_nothing(root):
    key, _ = key_of(root)

    root.delete()

    assert staff_keys.find(key) is None and StaffKey.objects.count() == 1


@pytest.mark.parametrize("text", ["", ",", "read edit", "read,", "all", "*"])
def test_what_names_no_scopes_is_refused(text):
    with pytest.raises(ValidationError):
        scopes_typed(text)


def test_scopes_are_kept_each_once_in_their_order():
    assert scopes_typed(" Activate, read,READ") == "read,activate"
