"""What the database needs before Aura serves: its tables, the first admin and key, and a
first preset when the embedded models are all there is."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from io import StringIO

from django.conf import settings
from django.core.checks import WARNING, run_checks
from django.core.management import CommandError, call_command
from django.db import DatabaseError, InterfaceError, connection, connections
from django.db.migrations.executor import MigrationExecutor

from aura_site.first_run import ADMIN, FirstRun, first_run
from brains import activation, live
from brains.layers import LAYERS, SETTABLE
from brains.selection import Source
from brains.serving import serving

Say = Callable[[str], None]

RETRY_S = 1.0
FIRST_REASON = "First start without OPENROUTER_API_KEY"


@dataclass(frozen=True)
class Prepared:
    """Whether the database answers, what was generated for a first start, and the ids of
    the models that are effective, with their fallbacks."""

    has_database: bool
    made: FirstRun = field(default_factory=FirstRun)
    models: tuple[str, ...] = ()


def prepare(say: Say) -> Prepared:
    """Bring the tables up to date and make the first admin and key.

    A database that cannot be used is said and no reason to stop: workers serve the last
    good selection from disk until it is back. Raises ImproperlyConfigured for a given
    password or key that others could guess.
    """
    _tell_problems(say)
    try:
        _migrate_once_more(say)
        made = first_run()
        _tell(made, say)
        _tell_hidden(say)
        return Prepared(has_database=True, made=made, models=_models())
    except (DatabaseError, InterfaceError) as error:
        say(f"The database cannot be used: {_first_line(error)}")
        say("Aura serves what it last knew, and follows the database once it is back.")
        return Prepared(has_database=False)
    finally:
        connections.close_all()


def activate_first(preset: str, say: Say) -> None:
    """Activate a preset when nothing has ever been activated; not over models that were
    set and can all be called as they are: it would hide them."""
    try:
        if activation.latest() is not None:
            return
        if _can_all_be_called():
            say(
                f"The models that you set serve; the preset {preset} is one click away."
            )
        else:
            call_command(
                "activate_preset",
                preset,
                reason=FIRST_REASON,
                check=False,  # its models are being started
                stdout=StringIO(),
            )
            say(
                f"The preset {preset} is live: every layer is one of the embedded models."
            )
    except CommandError as error:
        say(f"The preset {preset} could not be activated. {error}")
    finally:
        connections.close_all()


def _tell_problems(say: Say) -> None:
    for problem in run_checks():
        if problem.level >= WARNING:
            say(f"{problem.msg} {problem.hint or ''} ({problem.id})")


def _migrate_once_more(say: Say) -> None:
    """Migrate; again when another start on the same database was doing so meanwhile."""
    try:
        _migrate(say)
    except DatabaseError:
        connection.close()
        time.sleep(RETRY_S)
        _migrate(say)


def _migrate(say: Say) -> None:
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        say("Preparing the database ...")
        call_command("migrate", interactive=False, verbosity=0)


def _tell(made: FirstRun, say: Say) -> None:
    # At once: whatever happens next, what is shown only once has been shown.
    if made.password:
        say(f"Admin: user {ADMIN}, password {made.password} (shown once)")
    if made.key:
        say(f"API key: {made.key} (shown once)")


def _tell_hidden(say: Say) -> None:
    """Say which variables of the user a live preset hides: they would wonder."""
    selection = live.peek().selection
    hidden = [
        value.variable
        for value in SETTABLE
        if any(
            rung.source in (Source.ENV, Source.DOTENV)
            for rung in selection.choices[value.field].hidden
        )
    ]
    if hidden and selection.preset:
        say(f"The preset {selection.preset} is live and hides {', '.join(hidden)}.")
    has_key = bool(settings.AURA_PROVIDERS["openrouter"].key)
    if has_key and all(provider.is_embedded for provider, _ in serving(selection)):
        say("OPENROUTER_API_KEY is set, but the embedded models serve every layer.")
        say(f"Activate another preset than {selection.preset} to use it.")


def _models() -> tuple[str, ...]:
    selection = live.peek().selection
    names = [layer.name for layer in LAYERS]
    fallbacks = (model for name in names for model in selection.fallbacks(name))
    return (*(selection.choice(name).value for name in names), *fallbacks)


def _can_all_be_called() -> bool:
    return not any(provider.problem for provider, _ in serving(live.peek().selection))


def _first_line(error: Exception) -> str:
    return next(iter(str(error).strip().splitlines()), type(error).__name__)
