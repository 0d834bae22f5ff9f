"""Where Aura keeps what it must not lose: the embedded database, copies and secrets."""

import os
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured


def data_folder(path: str | Path) -> Path:
    """Return the folder, made for its owner alone when it is new.

    Raises ImproperlyConfigured when it cannot be made or written to.
    """
    folder = Path(path).resolve()
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ImproperlyConfigured(
            f"AURA_DATA_DIR {folder} cannot be made: {error.strerror}."
        ) from None
    if not os.access(folder, os.W_OK | os.X_OK):
        raise ImproperlyConfigured(
            f"AURA_DATA_DIR {folder} cannot be written to: give its user the right to."
        )
    return folder
