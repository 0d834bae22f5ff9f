"""The table of notices: how far the history has been told."""

from django.db import models


class NoticeMark(models.Model):
    """One row: the newest revision of which notices are on their way."""

    revision = models.PositiveIntegerField(default=0)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"up to revision {self.revision}"
