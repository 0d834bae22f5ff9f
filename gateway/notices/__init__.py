"""Telling people and programs that what is live has changed."""
