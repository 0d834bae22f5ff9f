"""Where the data is: SQLite in the data folder, or what DATABASE_URL names."""

from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from environ import Env  # type: ignore[import-untyped]

SQLITE = "django.db.backends.sqlite3"
POSTGRESQL = "aura_site.postgresql"
_DJANGOS_OWN = "django.db.backends.postgresql"

# IMMEDIATE takes the write lock at BEGIN: without it two writers that both read first
# fail with "database is locked" at once, whatever the timeout. Waiting is not fair: a
# process can be passed over for as long as many others write, so it waits for long.
_SQLITE_OPTIONS: dict[str, Any] = {
    "transaction_mode": "IMMEDIATE",
    "timeout": 15,
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
}

# A server that vanished must not hang us: seconds to connect, and milliseconds that sent
# data may stay unacknowledged.
_POSTGRESQL_OPTIONS: dict[str, Any] = {
    "connect_timeout": 3,
    "keepalives": 1,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
}


def database(url: str, password_file: str, folder: Path) -> dict[str, Any]:
    """Return Django's settings for one database. A URL without a password takes that of
    `password_file`, when there is one.

    Raises ImproperlyConfigured, without the URL (it holds a password), for one that
    cannot be read or is of another kind.
    """
    config = _parsed(url) if url else _embedded(folder)
    if password_file and url and not config.get("PASSWORD"):
        config["PASSWORD"] = _password(Path(password_file))
    if config.get("ENGINE") == _DJANGOS_OWN:
        config["ENGINE"] = POSTGRESQL
    own = {SQLITE: _SQLITE_OPTIONS, POSTGRESQL: _POSTGRESQL_OPTIONS}
    engine = str(config.get("ENGINE"))
    if engine not in own:
        raise ImproperlyConfigured(
            "DATABASE_URL must begin with postgres:// or sqlite:///, such as "
            "postgres://aura:PASSWORD@127.0.0.1:5432/aura."
        )
    options = {**own[engine], **config.get("OPTIONS", {})}
    return {**config, "OPTIONS": options, "CONN_MAX_AGE": 0, "CONN_HEALTH_CHECKS": True}


def _embedded(folder: Path) -> dict[str, Any]:
    return {"ENGINE": SQLITE, "NAME": folder / "aura.sqlite3"}


def _password(path: Path) -> str:
    try:
        return path.read_text().strip()
    except OSError as error:
        raise ImproperlyConfigured(
            f"AURA_DATABASE_PASSWORD_FILE cannot be read: {error.strerror}."
        ) from None


def _parsed(url: str) -> dict[str, Any]:
    if not url.startswith(("postgres://", "postgresql://", "sqlite:///")):
        return {}
    try:
        return dict(Env.db_url_config(url))
    except (ValueError, KeyError):
        return {}
