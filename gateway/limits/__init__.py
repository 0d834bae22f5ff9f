"""What each key may use: counted in memory, shared between workers."""
