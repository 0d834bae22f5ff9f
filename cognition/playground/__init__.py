"""The playground: where people talk to the mind, and compare presets side by side."""
