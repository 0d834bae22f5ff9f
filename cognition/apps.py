"""The room's Django configuration."""

from django.apps import AppConfig
from django.utils.module_loading import import_string


class CognitionConfig(AppConfig):
    name = "cognition"
    verbose_name = "Mind"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Let the guard of vectors know what is stored, and the worker run this room's
        tasks."""
        # By name: tables cannot be imported before every room is ready.
        import_string("cognition.memory.reembedding.joining.join")()
