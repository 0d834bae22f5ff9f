"""Where background tasks wait: in the database, or in Redis for workers on many machines."""

from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import Any

from django.core.exceptions import ImproperlyConfigured

QUEUES = ["default", "patient"]
REDIS = "redis"
LOCAL = "redis://127.0.0.1:6379/0"
TIMEOUT_S = 15 * 60
"""A task that takes longer is ended; none should take half of it."""


@dataclass(frozen=True, slots=True)
class Background:
    """Django's settings for it."""

    tasks: dict[str, Any]
    apps: tuple[str, ...] = ()
    queues: dict[str, Any] = field(default_factory=dict)
    """Of django-rq, by name."""


def background(engine: str, redis_url: str) -> Background:
    """Return where tasks wait. Raises ImproperlyConfigured without the packages for Redis."""
    backend = "django_tasks_db.DatabaseBackend"
    if engine != REDIS:
        return Background({"default": {"BACKEND": backend, "QUEUES": QUEUES}})
    if not find_spec("django_tasks_rq"):
        raise ImproperlyConfigured(
            "AURA_TASKS=redis needs packages that are not installed: "
            "pip install --require-hashes -r requirements-redis.lock."
        )
    backend = "gateway.background.redis_queue.RedisBackend"
    queue = {"URL": redis_url or LOCAL, "DEFAULT_TIMEOUT": TIMEOUT_S}
    return Background(
        {"default": {"BACKEND": backend, "QUEUES": QUEUES}},
        ("django_rq", "django_tasks_rq"),
        dict.fromkeys(QUEUES, queue),
    )
