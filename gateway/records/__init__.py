"""What is kept of calls that are over, how it reaches the database, and what they cost."""
