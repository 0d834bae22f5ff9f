"""Conversations: what was said in them, turn by turn."""
