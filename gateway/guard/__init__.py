"""What is looked at after a change: whether calls go worse than before, and what then."""
