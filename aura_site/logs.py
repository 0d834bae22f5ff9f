"""How log lines look, and which are shown."""

from typing import Any

LEVELS = {
    name.lower(): name for name in ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
}


def logging_config(level: str) -> dict[str, Any]:
    """Return Django's LOGGING for a level's name."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "line": {"format": "%(asctime)s [%(process)d] %(levelname)s %(message)s"}
        },
        "handlers": {
            "console": {"class": "logging.StreamHandler", "formatter": "line"}
        },
        "root": {"handlers": ["console"], "level": "WARNING"},
        "loggers": {
            **{
                room: {"level": level}
                for room in ("aura_site", "gateway", "brains", "providers")
            },
            # Anybody can send these; each would be a traceback.
            "django.security.DisallowedHost": {"level": "CRITICAL"},
        },
    }
