"""Presets as a file: written, read, compared with what is stored, and made so."""
