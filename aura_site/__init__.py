"""Aura's settings, URLs and start: the room that puts the others together."""

__version__ = "0.1.0"
