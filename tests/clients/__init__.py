"""Real clients, each in a version and a place of its own, against a running Aura."""
