"""The story of a start, top to bottom: the address, the database, the embedded models, the
worker, the server, the welcome, the watch; and of its end."""

import os
import signal
import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack

from django.conf import settings

from aura_site.first_run import FirstRun
from aura_site.launch import lifeline, offline, preparation
from aura_site.launch.addresses import port_problem, url_of, wait_until_answers
from aura_site.launch.offline import Offline
from aura_site.launch.preparation import Prepared
from aura_site.launch.processes import (
    KeptProcess,
    Process,
    Program,
    interrupt_on_stop_signals,
    watch,
)
from aura_site.launch.welcome import Welcome

GUNICORN = ("-m", "gunicorn", "-c", "gunicorn.conf.py", "aura_site.asgi:application")
WORKER = ("manage.py", "run_tasks")
# The embedded models have one core: who waits for a reply comes first.
ONE_AT_A_TIME = ("--at-once", "1")
# First what runs may end (`graceful_timeout` in gunicorn.conf.py, and a little more);
# then, or on a second Ctrl-C, it is cut.
SERVER_STEPS = ((signal.SIGTERM, 35.0), (signal.SIGQUIT, 5.0))
# The task that runs may end, which takes no longer than this (`gateway/background/tasks.py`).
WORKER_STEPS = ((signal.SIGTERM, 25.0),)
INTERRUPTED = 128 + signal.SIGINT


def run() -> int:
    """Start Aura, wait until it ends, and return the server's exit status."""
    if problem := port_problem(settings.AURA_HOST, settings.AURA_PORT):
        sys.exit(problem)
    interrupt_on_stop_signals()
    server = None
    try:
        with ExitStack() as running:  # what started last ends first
            prepared = preparation.prepare(say)
            models = _embedded_models(running, prepared)
            worker = running.enter_context(_worker(models))
            server = running.enter_context(_server(models.variables))
            _welcome(server, prepared.made)
            _watch(server, (*models.servers, worker))
    except KeyboardInterrupt:
        say("Aura has stopped.")
    status = server.status if server else None
    return INTERRUPTED if status is None else status


def say(sentence: str) -> None:
    """Tell the person at the terminal, at once."""
    print(sentence, flush=True)


def _embedded_models(running: ExitStack, prepared: Prepared) -> Offline:
    providers, mode = settings.AURA_PROVIDERS, settings.AURA_OFFLINE
    if not providers["openrouter"].key:
        say("OPENROUTER_API_KEY is not set, so no model of OpenRouter can answer.")
    if not offline.is_wanted(mode, providers, prepared.models):
        return offline.NOT_STARTED
    models = offline.start(running, settings.BASE_DIR, settings.AURA_DATA_DIR, say)
    if models.servers and prepared.has_database:
        preparation.activate_first(offline.PRESET, say)
    return models


def _worker(models: Offline) -> KeptProcess:
    alone = ONE_AT_A_TIME if models.servers else ()
    program = Program(
        title="The worker",
        command=lifeline.command([sys.executable, *WORKER, *alone]),
        folder=settings.BASE_DIR,
        environment={**os.environ, **models.variables},
        mark="worker:",
    )
    return KeptProcess(program, steps=WORKER_STEPS)


def _server(variables: Mapping[str, str]) -> Process:
    # gunicorn reads WEB_CONCURRENCY by itself first, and a bad one would end it.
    workers = {"WEB_CONCURRENCY": str(settings.AURA_WORKERS)}
    program = Program(
        title="The server",
        command=lifeline.command([sys.executable, *GUNICORN]),
        folder=settings.BASE_DIR,
        environment={**os.environ, **workers, **variables},
    )
    return Process(program, SERVER_STEPS)


def _welcome(server: Process, made: FirstRun) -> None:
    url = url_of(settings.AURA_HOST, settings.AURA_PORT)
    if wait_until_answers(f"{url}/health/live", server.has_ended):
        say(Welcome(url, made.key or "", bool(made.password)).text())
    else:
        say("The server does not answer. The lines above say why.")


def _watch(server: Process, kept: Sequence[KeptProcess]) -> None:
    try:
        watch(server, kept)
    except KeyboardInterrupt:
        say("\nStopping: what runs may end within 30 s. Press Ctrl-C again to cut it.")
        raise
