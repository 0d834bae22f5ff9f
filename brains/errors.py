"""What this room refuses.

BrainError
├── PresetNotFound      no preset has that name
├── RevisionNotFound    history has no such revision
├── PresetIsLive        a live preset cannot be deleted
├── PresetChanged       somebody else saved the preset in the meantime
├── PreflightFailed     a model does not answer as it should
├── EmbeddingLocked     AURA_EMBEDDING_LOCK keeps the embedding model as it is
│   └── VectorsInUse    what is stored has no vectors of the new model yet
├── CanaryRefused       a canary cannot be as it was asked for
├── CanaryRuns          another canary runs already
├── NoCanary            no canary runs, or another one than was meant
├── DocumentUnreadable  a file of presets cannot be read
└── CopyUnusable        the last good copy on disk cannot be used
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from brains.embedding_way import Way


class BrainError(Exception):
    """Base of this room's errors; its text is a sentence that says how to mend it."""


class PresetNotFound(BrainError):
    """No preset has the name or slug that was asked for."""


class RevisionNotFound(BrainError):
    """The history has no revision of that number."""


class PresetIsLive(BrainError):
    """The live preset cannot be deleted."""


class PresetChanged(BrainError):
    """The preset was saved by somebody else since the form was opened."""


class PreflightFailed(BrainError):
    """A model of what should become live does not answer, or its vectors are too long or
    too short."""


class EmbeddingLocked(BrainError):
    """The change would make stored vectors useless, and the lock is on."""


class VectorsInUse(EmbeddingLocked):
    """What is stored has vectors of the effective embedding model, and lacks those of the
    new one; `counts` says how much, ready for JSON, and `way` how to go there all the same."""

    def __init__(self, message: str, counts: Mapping[str, Any], way: "Way") -> None:
        super().__init__(message)
        self.counts, self.way = counts, way


class CanaryRefused(BrainError):
    """The percentage is none, or the candidate is live already."""


class CanaryRuns(BrainError):
    """One canary runs at most."""


class NoCanary(BrainError):
    """The canary that was meant does not run."""


class DocumentUnreadable(BrainError):
    """A file of presets cannot be read; `line` is where, or 0."""

    def __init__(self, message: str, line: int = 0) -> None:
        super().__init__(message)
        self.line = line


class CopyUnusable(BrainError):
    """The copy on disk is missing, damaged, not ours, or from a newer version."""
