"""`python -m aura_site.launch`: read the arguments, set Django up, tell the story."""

import argparse
import os
import sys
from collections.abc import Callable

import django
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string

DESCRIPTION = """\
Start Aura: prepare the database, start the embedded models when there is no
OPENROUTER_API_KEY, serve on HOST:PORT, and stop all of it on Ctrl-C.
"""
EPILOG = """\
Settings come from the environment or from .env; env.example describes each.
Those of the start itself:
  HOST, PORT        where to serve (127.0.0.1, 8080)
  WEB_CONCURRENCY   worker processes (2)
  AURA_DATA_DIR     database, keys and logs (data)
  DATABASE_URL      postgres://... in place of SQLite
  AURA_OFFLINE      "off": never install or start the embedded models (auto)
"""


def main() -> int:
    """Start Aura, wait until it ends, and return the exit status."""
    _parser().parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "aura_site.settings")
    try:
        django.setup()
        # By its name: models can be imported only now that Django is set up.
        tell: Callable[[], int] = import_string("aura_site.launch.story.run")
        return tell()
    except ImproperlyConfigured as error:
        sys.exit(f"Aura cannot start: {error}")


def _parser() -> argparse.ArgumentParser:
    return argparse.ArgumentParser(
        prog="python -m aura_site.launch",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )


if __name__ == "__main__":
    sys.exit(main())
