"""The tables of notices: how far the history has been told, and which other things were."""

from django.db import models


class NoticeMark(models.Model):
    """One row: the newest revision of which notices are on their way."""

    revision = models.PositiveIntegerField(default=0)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"up to revision {self.revision}"


class NoticeTold(models.Model):
    """Something that is no change and was told, so that it is not told again too soon."""

    digest = models.CharField(
        max_length=64, unique=True, help_text="SHA-256 of what was told of what."
    )
    told_at = models.DateTimeField()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"told at {self.told_at:%Y-%m-%d %H:%M}"
