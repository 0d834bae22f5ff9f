"""Django's secret key: from the environment, else generated once into the data folder."""

import os
import secrets
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

KNOWN_EXAMPLES = ("django-insecure-", "change-me", "changeme", "secret", "your-secret")
LENGTH_MIN = 32


def secret_key(given: str, folder: Path) -> str:
    """Return the key to sign with. A generated one is kept in `folder`, mode 0600.

    Raises ImproperlyConfigured for a key that others know or could guess.
    """
    if not given:
        return _kept(folder / "secret_key")
    if given.lower().startswith(KNOWN_EXAMPLES) or len(given) < LENGTH_MIN:
        raise ImproperlyConfigured(
            f"SECRET_KEY is an example or shorter than {LENGTH_MIN} characters. Remove it "
            "(one is then generated and kept), or set a random one: "
            "python -c 'import secrets; print(secrets.token_urlsafe(50))'"
        )
    return given


def _kept(path: Path) -> str:
    """Read the key file; of several processes that start at once, one makes it."""
    fresh = secrets.token_urlsafe(50)
    scratch = path.with_name(f"{path.name}.{os.getpid()}")
    if not path.exists():
        handle = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write(fresh)
        try:
            os.link(scratch, path)
        except FileExistsError:
            pass
        finally:
            os.unlink(scratch)
    return path.read_text().strip()
