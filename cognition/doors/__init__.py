"""The doors of a conversation: `/chat/message` and `/chat/stream`."""
