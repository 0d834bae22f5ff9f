"""What a change would mean: what it costs, and what models no longer do."""
