"""What the mind does with its layers: turns of conversation, memory, the playground."""
