"""Keeps the settings of whoever runs the tests out of them: key, .env, database, proxy."""

import atexit
import os
import re
import shutil
import tempfile
from collections.abc import Iterable, Mapping

# Names that Aura, its server or its HTTP clients read.
OURS = re.compile(
    r"AURA_|OPENROUTER_|OPENAI_|OLLAMA_|(DJANGO_)?SECRET_KEY$|DEBUG$|ALLOWED_HOSTS$"
    r"|CSRF_TRUSTED_ORIGINS$|LOG_LEVEL$|HOST$|PORT$|WEB_CONCURRENCY$|GUNICORN_|OTEL_"
    r"|REDIS_URL$"
    r"|(HTTPS?|ALL|NO)_PROXY$",
    re.IGNORECASE,
)
# What any program needs.
PLAIN = ("PATH", "HOME", "LANG", "TMPDIR")


def ours(names: Iterable[str]) -> list[str]:
    """Return those names of variables that could change what Aura does."""
    return [name for name in names if OURS.match(name)]


def plain(environment: Mapping[str, str]) -> dict[str, str]:
    """Return only what any program needs, e.g. to find others."""
    return {name: environment[name] for name in PLAIN if name in environment}


def isolate() -> None:
    """Clear this process's environment of settings and give it an empty data folder.

    DATABASE_URL stays: it says which database the tests are to use.
    """
    for name in ours(list(os.environ)):
        del os.environ[name]
    folder = tempfile.mkdtemp(prefix="aura-tests-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    os.environ |= {"AURA_DATA_DIR": folder, "AURA_ENV_FILE": f"{folder}/.env"}
