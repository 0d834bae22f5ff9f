"""The room's admin pages. Importing this package registers them."""

from gateway.admin import call_admin, kept_admin, key_admin, usage_admin

__all__ = ["call_admin", "kept_admin", "key_admin", "usage_admin"]
