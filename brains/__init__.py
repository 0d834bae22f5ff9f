"""Which model serves each layer: presets, the ladder, revisions, the live selection."""
