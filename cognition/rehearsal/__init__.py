"""Rehearsal: kept exchanges asked again of a preset that is not live, to be read side by side."""
