"""`python -m aura_site.server_values`: what gunicorn must know of the settings, as JSON. In a
process of its own, so that the server's master holds no settings: after a HUP its new
workers read the environment file and the code anew."""

import json
import sys

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured


def values() -> dict[str, str | int]:
    """Return where to serve, with how many workers, and how much to log."""
    host = (
        f"[{settings.AURA_HOST}]" if ":" in settings.AURA_HOST else settings.AURA_HOST
    )
    return {
        "bind": f"{host}:{settings.AURA_PORT}",
        "workers": settings.AURA_WORKERS,
        "loglevel": settings.LOGGING["loggers"]["gateway"]["level"].lower(),
    }


def main() -> int:
    """Print the values, or why the settings cannot be used."""
    try:
        print(json.dumps(values()))
    except ImproperlyConfigured as error:
        print(f"Aura cannot start: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
