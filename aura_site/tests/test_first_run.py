"""The first run makes an admin and a key, once, and shows what it generated."""

from io import StringIO

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command

from aura_site.first_run import FirstRun, first_run
from brains.models import ChangeCounter
from gateway import keys
from gateway.models import ApiKey

pytestmark = pytest.mark.django_db
GIVEN = "aura_Jq1Zr7mWk2Xv9Tn4"


@pytest.fixture(autouse=True)
def _nothing_given(settings):
    settings.AURA_ADMIN_PASSWORD = settings.AURA_API_KEY = ""


def said():
    output = StringIO()
    call_command("first_run", stdout=output)
    return output.getvalue()


def test_admin_and_key_are_made_and_shown_once():
    output = said()

    admin_line, key_line = output.splitlines()
    password = admin_line.removeprefix("Admin: user admin, password ").split()[0]
    key = key_line.removeprefix("API key: ").split()[0]
    assert User.objects.get(username="admin", is_superuser=True).check_password(
        password
    )
    assert ApiKey.objects.get(name="first key").sha256 == keys.digest_of(key)
    assert admin_line.endswith(" (shown once)") and key_line.endswith(" (shown once)")


def test_second_run_says_and_changes_nothing():
    said()
    rows = list(ApiKey.objects.values()), list(User.objects.values())

    assert said() == ""
    assert rows == (list(ApiKey.objects.values()), list(User.objects.values()))


def test_generated_values_go_to_the_caller_only():
    made = first_run()

    assert made.password and made.key
    assert made.password not in repr(made) and made.key not in repr(made)


def test_given_password_is_the_admins_and_is_not_shown(settings):
    settings.AURA_ADMIN_PASSWORD = "correct horse battery"

    made = first_run()

    assert made.password is None
    assert User.objects.get(username="admin").check_password("correct horse battery")


def test_given_key_is_the_first_key_and_is_not_shown(settings):
    settings.AURA_API_KEY = GIVEN

    made = first_run()

    assert made.key is None
    assert ApiKey.objects.get(name="first key").sha256 == keys.digest_of(GIVEN)


def test_given_key_is_added_beside_others(settings):
    first_run()
    settings.AURA_API_KEY = GIVEN

    assert first_run() == FirstRun()
    assert ApiKey.objects.get(name="AURA_API_KEY").sha256 == keys.digest_of(GIVEN)
    assert ApiKey.objects.count() == 2


def test_given_key_that_was_revoked_stays_revoked(settings):
    settings.AURA_API_KEY = GIVEN
    first_run()
    keys.revoke(ApiKey.objects.get())

    first_run()

    assert ApiKey.objects.get().state == "revoked"


def test_no_key_is_generated_when_the_only_one_was_revoked():
    first_run()
    keys.revoke(ApiKey.objects.get())

    assert first_run().key is None


def test_admin_is_not_made_beside_another_superuser():
    User.objects.create_superuser("root", password="correct horse battery")

    assert first_run().password is None
    assert not User.objects.filter(username="admin").exists()


def test_user_called_admin_is_left_as_they_are():
    User.objects.create_user("admin", password="correct horse battery")

    assert first_run().password is None
    assert not User.objects.get(username="admin").is_superuser


def test_every_worker_is_told_of_the_key():
    before = ChangeCounter.objects.get().value

    first_run()

    assert ChangeCounter.objects.get().value > before


@pytest.mark.parametrize(
    ("key", "reason"),
    [
        ("sk-1234", "an example that others know"),
        ("SK-1234567890abcdefgh", "an example that others know"),
        ("your-api-key-goes-here", "an example that others know"),
        ("Jq1Zr7mWk2Xv9Tn", "has 15 characters; a key has 16 to 512"),
        ("Jq1Zr7mWk" * 57, "has 513 characters"),
        ("Jq1Zr7mWk2Xv9Tn4 b", "a client cannot send"),
        ("Jq1Zr7mWk2Xv9Tn4ü", "a client cannot send"),
    ],
)
def test_key_that_cannot_be_safe_or_used_is_refused(settings, key, reason):
    settings.AURA_API_KEY = key

    with pytest.raises(CommandError, match=f"AURA_API_KEY .*{reason}") as refused:
        said()

    assert key not in str(refused.value)
    assert not ApiKey.objects.exists() and not User.objects.exists()


@pytest.mark.parametrize("password", ["admin", "changeme", "Password1", "secret"])
def test_password_that_others_know_is_refused(settings, password):
    settings.AURA_ADMIN_PASSWORD = password

    with pytest.raises(ImproperlyConfigured, match="AURA_ADMIN_PASSWORD is an example"):
        first_run()


@pytest.mark.parametrize("password", ["short", "48151623", "liverpool1"])
def test_password_that_can_be_guessed_is_refused_with_the_reason(settings, password):
    settings.AURA_ADMIN_PASSWORD = password

    with pytest.raises(ImproperlyConfigured, match="AURA_ADMIN_PASSWORD is refused: "):
        first_run()
