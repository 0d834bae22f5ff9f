"""The room's Django configuration."""

from django.apps import AppConfig
from django.core.checks import register

from gateway.checks import check_aliases


class GatewayConfig(AppConfig):
    name = "gateway"
    verbose_name = "Gateway"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the system checks."""
        register(check_aliases)
