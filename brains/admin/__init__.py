"""The room's admin pages. Importing this package registers them."""

from brains.admin import (
    history_admin,
    preset_admin,
    schedule_admin,
    staff_key_admin,
)

__all__ = ["history_admin", "preset_admin", "schedule_admin", "staff_key_admin"]
