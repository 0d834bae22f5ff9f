"""The table of background work: when each task is due."""

from django.db import models


class Schedule(models.Model):
    """When a task is to be enqueued next. Who moves the time on enqueues the task."""

    name = models.CharField(max_length=100, unique=True)
    due_at = models.DateTimeField()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.name} at {self.due_at:%Y-%m-%d %H:%M:%S}"
