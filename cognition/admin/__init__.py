"""The room's admin pages. Importing this package registers them."""

from cognition.admin import (
    person_admin,
    reembedding_admin,
    reflection_admin,
    rehearsal_admin,
)

__all__ = ["person_admin", "reembedding_admin", "reflection_admin", "rehearsal_admin"]
