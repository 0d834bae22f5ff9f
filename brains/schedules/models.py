"""The table of schedules."""

from django.core.exceptions import ValidationError
from django.db import models

from brains.schedules.times import DAYS, Hours, in_words, zones

LEFT_OUT_LENGTH = 1000


def validate_days(text: str) -> None:
    """Raise ValidationError with a sentence when `text` names no days."""
    named = [day.strip() for day in text.split(",")]
    if not all(day in DAYS for day in named):
        raise ValidationError(f"Name days as in mon,tue: some of {', '.join(DAYS)}.")


def validate_zone(text: str) -> None:
    """Raise ValidationError with a sentence when `text` names no time zone."""
    if text not in zones():
        raise ValidationError(
            "This is no time zone that this system knows. Write it as in Europe/Berlin, or "
            "UTC."
        )


class Schedule(models.Model):
    """A preset that is live at certain hours."""

    preset = models.ForeignKey(
        "brains.ModelPreset", on_delete=models.CASCADE, related_name="schedules"
    )
    days = models.CharField(
        max_length=40,
        default=",".join(DAYS),
        validators=[validate_days],
        help_text="On which days it begins, such as mon,tue,wed,thu,fri.",
    )
    begins = models.TimeField(help_text="When it begins, as in 22:00.")
    ends = models.TimeField(
        help_text="When it ends; a time that is not later is on the next day."
    )
    time_zone = models.CharField(
        max_length=64,
        default="UTC",
        validators=[validate_zone],
        help_text="Whose clock is meant, such as Europe/Berlin.",
    )
    is_enabled = models.BooleanField("enabled", default=True)
    began_as = models.PositiveIntegerField(
        null=True, editable=False, help_text="The revision with which it began."
    )
    returns_to = models.PositiveIntegerField(
        null=True, editable=False, help_text="The revision that was live before it."
    )
    # The default stands in the database too, for workers of an older version.
    left_out = models.CharField(
        max_length=LEFT_OUT_LENGTH,
        blank=True,
        default="",
        db_default="",
        editable=False,
        help_text="Why it was not begun, the last time that its hours came.",
    )

    class Meta:
        ordering = ("pk",)

    def __str__(self) -> str:
        hours = f"{self.begins:%H:%M} to {self.ends:%H:%M} ({self.time_zone})"
        return f"{self.preset} from {hours}, {self.days_in_words}"

    @property
    def days_in_words(self) -> str:
        """The days that it begins on, as people say them."""
        return in_words(self.days)

    @property
    def hours(self) -> Hours:
        """When it is on."""
        days = frozenset(DAYS.index(day.strip()) for day in self.days.split(","))
        return Hours(days, self.begins, self.ends, self.time_zone)
