"""The command line of `manage.py`: Django's own, which says when the data folder is new, and
lets no command that reads or changes what people made work on a database that has none of it."""

import sys
from collections.abc import Sequence
from pathlib import Path

from django.apps import apps
from django.conf import settings
from django.core.management import ManagementUtility, get_commands
from django.core.management.base import BaseCommand
from django.db import DatabaseError, InterfaceError, connection

# What makes a database, or waits until there is one.
MAKES = frozenset({"migrate", "first_run"})
WAITS = frozenset({"run_tasks", "run_redis_tasks", "db_worker"})
# Of these rooms, and of Django, the commands that read or change what people made.
ROOMS = frozenset(
    {
        *("aura_site", "cognition", "gateway", "brains"),
        *("axes", "django_tasks_db", "django.contrib.auth", "django.contrib.sessions"),
    }
)
OTHERS = frozenset({"dumpdata", "loaddata", "flush"})
FIRST_TABLE, USERS = "brains_modelpreset", "auth.User"
HELP = frozenset({"-h", "--help", "--version"})


def execute(argv: Sequence[str]) -> None:
    """Run a command, as Django does."""
    _Commands([*argv]).execute()


class _Commands(ManagementUtility):
    def fetch_command(self, subcommand: str) -> BaseCommand:
        """Return the command, once it may run."""
        command = super().fetch_command(subcommand)
        is_to_run = self.argv[1:2] == [subcommand] and HELP.isdisjoint(self.argv)
        if is_to_run and (refused := _refusal(subcommand)):
            sys.exit(refused)
        return command


def _refusal(name: str) -> str:
    """Return why a command does not run, "" when it does; say on stderr what is no reason to
    refuse it."""
    needs_tables = _needs_tables(name)
    if needs_tables and not _has_tables():
        return _without_tables()
    if settings.AURA_DATA_DIR_IS_NEW and (needs_tables or name in MAKES | WAITS):
        _note(f"The data folder {settings.AURA_DATA_DIR} is new: it was made just now.")
    elif needs_tables and name != "createsuperuser" and _has_no_users():
        _note(f"The database {_place()} has no users yet. {_hint()}.")
    return ""


def _needs_tables(name: str) -> bool:
    room = str(get_commands().get(name))
    return name in OTHERS or (room in ROOMS and name not in MAKES | WAITS)


def _has_tables() -> bool:
    """Say whether there are tables. A database that does not answer is no matter of ours: the
    command says so."""
    file = _file()
    if file is not None and not file.exists():
        return False  # and to connect would make it
    try:
        return FIRST_TABLE in connection.introspection.table_names()
    except (DatabaseError, InterfaceError):
        return True
    finally:
        connection.close()


def _has_no_users() -> bool:
    try:
        return not apps.get_model(USERS)._default_manager.exists()
    except (DatabaseError, InterfaceError):
        return False
    finally:
        connection.close()


def _without_tables() -> str:
    return (
        f"Nothing was done: the database {_place()} has no tables. {_hint()}, or make a new "
        "one with `manage.py migrate` and `manage.py first_run`."
    )


def _hint() -> str:
    if _is_named():
        return "Name the server's with DATABASE_URL"
    usual = settings.BASE_DIR / "data"
    if usual == settings.AURA_DATA_DIR:
        return "If `make run` was given AURA_DATA_DIR, give this command the same"
    return (
        f"Name the server's folder with AURA_DATA_DIR (`make run` without it: {usual})"
    )


def _place() -> str:
    if _is_named():
        return "that DATABASE_URL names"
    new = "new " if settings.AURA_DATA_DIR_IS_NEW else ""
    return f"in the {new}data folder {settings.AURA_DATA_DIR}"


def _is_named() -> bool:
    """Say whether the database is elsewhere than in the data folder."""
    file = _file()
    return file is None or file.parent != settings.AURA_DATA_DIR


def _file() -> Path | None:
    if connection.vendor != "sqlite":
        return None
    return Path(str(connection.settings_dict["NAME"])).absolute()


def _note(sentence: str) -> None:
    sys.stderr.write(f"{sentence}\n")
