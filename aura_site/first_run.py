"""The first start: an admin, a key for clients and groups, so that Aura can be used. There is no
default password and no default key: what is not given is generated."""

import secrets
from dataclasses import dataclass, field

from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.db import transaction

from aura_site.groups import make_groups
from brains import activation
from gateway import keys
from gateway.models import ApiKey

ADMIN = "admin"
KNOWN_EXAMPLES = (
    "sk-1234", "your-", "your_", "<your", "change-me", "changeme", "change_me", "example",
    "password", "secret", "admin", "aura_your", "aura_change", "aura_example", "test-key",
    "xxxx", "0123456", "1234567",
)  # fmt: skip
_HINT = (
    "Remove it, and one is generated and shown once; or set a random one: "
    "python -c 'import secrets; print(secrets.token_urlsafe(32))'"
)


@dataclass(frozen=True)
class FirstRun:
    """What was generated and must be shown this once; None: nothing was."""

    password: str | None = field(default=None, repr=False)
    key: str | None = field(default=None, repr=False)


def first_run() -> FirstRun:
    """Make the first admin, the first API key and the groups where they are missing.

    Raises ImproperlyConfigured for a given key or password that others know or could
    guess. A second run changes nothing.
    """
    _refuse_unusable_key(settings.AURA_API_KEY)
    with transaction.atomic():
        # Takes the lock of all changes: of two servers that start at once, one does it.
        activation.publish()
        make_groups()
        return FirstRun(password=_first_admin(), key=_first_key())


def _first_admin() -> str | None:
    """Make the admin unless a superuser, or somebody else of that name, is there."""
    taken = User.objects.filter(is_superuser=True) | User.objects.filter(username=ADMIN)
    if taken.exists():
        return None
    given = settings.AURA_ADMIN_PASSWORD
    _refuse_weak_password(given)
    password = given or secrets.token_urlsafe(15)
    User.objects.create_superuser(ADMIN, password=password)
    return None if given else password


def _first_key() -> str | None:
    given = settings.AURA_API_KEY
    is_first = not ApiKey.objects.exists()
    if given:
        # A row that was revoked stays revoked.
        if not ApiKey.objects.filter(sha256=keys.digest_of(given)).exists():
            name = "first key" if is_first else "AURA_API_KEY"
            keys.keep(ApiKey(name=name), given)
        return None
    if not is_first:
        return None
    key = keys.new_key()
    keys.keep(ApiKey(name="first key"), key)
    return key


def _refuse_weak_password(password: str) -> None:
    if not password:
        return
    _refuse_known("AURA_ADMIN_PASSWORD", password)
    try:
        validate_password(password, User(username=ADMIN))
    except ValidationError as error:
        raise ImproperlyConfigured(
            f"AURA_ADMIN_PASSWORD is refused: {' '.join(error.messages)} {_HINT}"
        ) from None


def _refuse_unusable_key(key: str) -> None:
    if not key:
        return
    _refuse_known("AURA_API_KEY", key)
    if not keys.LENGTH_MIN <= len(key) <= keys.LENGTH_MAX:
        raise ImproperlyConfigured(
            f"AURA_API_KEY has {len(key)} characters; a key has {keys.LENGTH_MIN} to "
            f"{keys.LENGTH_MAX}. {_HINT}"
        )
    if not (key.isascii() and key.isprintable()) or " " in key:
        raise ImproperlyConfigured(
            "AURA_API_KEY has a character that a client cannot send as a key: use letters, "
            f"digits and punctuation only. {_HINT}"
        )


def _refuse_known(variable: str, value: str) -> None:
    if value.lower().startswith(KNOWN_EXAMPLES):
        raise ImproperlyConfigured(
            f"{variable} is an example that others know. {_HINT}"
        )
