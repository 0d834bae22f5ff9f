"""The room's Django configuration."""

from django.apps import AppConfig
from django.core.checks import register as register_check
from django.utils.module_loading import import_string

from cognition.checks import check_memory_index, check_prompts


class CognitionConfig(AppConfig):
    name = "cognition"
    verbose_name = "Mind"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the system checks, and what the worker does for this room."""
        register_check(check_prompts)
        register_check(check_memory_index)
        # By name: tables cannot be imported before every room is ready.
        register = import_string("gateway.background.tasks.register")
        register(import_string("cognition.reflection.tasks.TAKE_UP"))
        register(import_string("cognition.memory.tasks.INDEX"))
        register(import_string("cognition.rehearsal.tasks.TAKE_UP"))
        import_string("cognition.memory.reembedding.joining.join")()
