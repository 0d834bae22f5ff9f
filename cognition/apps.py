"""The room's Django configuration."""

from django.apps import AppConfig


class CognitionConfig(AppConfig):
    name = "cognition"
    verbose_name = "Mind"
    default_auto_field = "django.db.models.BigAutoField"
