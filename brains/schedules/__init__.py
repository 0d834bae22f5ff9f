"""Presets that are live at certain hours: when, and what is done then."""
