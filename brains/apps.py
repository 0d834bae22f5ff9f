"""The room's Django configuration."""

from django.apps import AppConfig
from django.core.checks import register

from brains.checks import check_settings


class BrainsConfig(AppConfig):
    name = "brains"
    verbose_name = "Brain"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the system checks."""
        register(check_settings)
