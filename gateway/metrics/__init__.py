"""What workers counted and measured, as Prometheus reads it."""
