"""What cannot be done to a plan."""

from brains.errors import BrainError


class ReEmbeddingRefused(BrainError):
    """It cannot begin, go on or end as it was asked to; nothing was changed."""


class ReEmbeddingOpen(ReEmbeddingRefused):
    """Another one is open, and one is at most."""


class LeaseLost(Exception):
    """Another process is at it, or a person paused or cancelled it."""
