"""The room's admin pages. Importing this package registers them."""

from cognition.admin import reembedding_admin, reflection_admin, rehearsal_admin

__all__ = ["reembedding_admin", "reflection_admin", "rehearsal_admin"]
