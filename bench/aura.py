"""Aura as it is measured: its own database and data folder, everything switched on, served as
`make run` serves it. How it is measured is in `scenarios`."""

import sys
from collections.abc import Mapping
from pathlib import Path

from aura_site import __version__
from bench.gateways import Gateway, program_environment
from bench.programs import ROOT, run
from bench.upstream import UPSTREAM_KEY, Upstream
from tests.ports import free_port

PRESET = "Budget"
DOES = (
    "everything on: a key with all five limits, call records to SQLite, metrics, prices, "
    "a log line a call, deadlines, breakers, retry budgets, a fallback, the task worker"
)
_SERVER = ("-m", "gunicorn", "-c", "gunicorn.conf.py", "aura_site.asgi:application")
# Limits that never refuse: what is measured is that they are counted.
_CREATE_KEY = (
    *("create_api_key", "bench", "--rpm=1000000000", "--tpm=1000000000"),
    *("--usd-per-day=1000000", "--usd-per-month=1000000", "--layers=l3,embedding"),
)


def aura(upstream: Upstream, folder: Path, workers: int = 1) -> Gateway:
    """Return an Aura of so many workers, set up and ready to be started."""
    data = folder / f"aura-{workers}"
    data.mkdir(mode=0o700)
    port = free_port()
    environment = _environment(upstream, data, port, workers)
    _manage(environment, "migrate", "--verbosity=0")
    _manage(environment, "first_run")
    _manage(environment, "activate_preset", PRESET, "--no-check")
    return Gateway(
        name="aura",
        title=f"Aura {__version__}{_commit()}",
        does=DOES,
        url=f"http://127.0.0.1:{port}/v1",
        folder=ROOT,
        log=data / "server.log",
        commands=[
            [sys.executable, *_SERVER],
            [sys.executable, "manage.py", "run_tasks"],
        ],
        environment=environment,
        key=_manage(environment, *_CREATE_KEY).strip(),
    )


def _environment(
    upstream: Upstream, data: Path, port: int, workers: int
) -> Mapping[str, str]:
    return program_environment() | {
        "HOST": "127.0.0.1",
        "PORT": str(port),
        "WEB_CONCURRENCY": str(workers),
        "AURA_DATA_DIR": str(data),
        "AURA_ENV_FILE": str(data / ".env"),
        "AURA_OFFLINE": "off",
        "AURA_L3_FALLBACK": "openai/gpt-4o-mini",
        "OPENROUTER_BASE_URL": f"{upstream.url}/v1",
        "OPENROUTER_API_KEY": UPSTREAM_KEY,
    }


def _manage(environment: Mapping[str, str], *arguments: str) -> str:
    return run([sys.executable, "manage.py", *arguments], environment=environment)


def _commit() -> str:
    """Return " at <commit>", marked when the tree holds more than that; "" outside git."""
    try:
        return f" at {run(['git', 'describe', '--always', '--dirty']).strip()}"
    except (RuntimeError, OSError):
        return ""
