"""Reflection: what L2 makes of a turn once it is over, in the background."""
