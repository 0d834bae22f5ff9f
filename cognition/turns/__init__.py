"""One turn of conversation: recall, react, reply."""
