"""What was called, by whom and at what cost, summed up by hour and day."""
