"""Django's Tasks API, wherever this version of Django keeps it: up to 5.2 it is a package of
its own, from 6.0 on a part of Django."""

from importlib.util import find_spec
from typing import TYPE_CHECKING

if TYPE_CHECKING or find_spec("django.tasks"):
    from django.tasks import Task, task
else:
    from django_tasks import task
    from django_tasks.base import Task

__all__ = ["Task", "task"]
