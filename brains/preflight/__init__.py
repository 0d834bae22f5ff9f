"""The check before a change: the models of a selection are asked one small question each, and
what they answer decides whether it may become live."""
