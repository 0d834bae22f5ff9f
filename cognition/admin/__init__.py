"""The room's admin pages. Importing this package registers them."""

from cognition.admin import reflection_admin, rehearsal_admin

__all__ = ["reflection_admin", "rehearsal_admin"]
