"""How kept texts are sealed: AES-256-GCM, with a key that stands in a file of its own in the
data folder. Whoever has the database without that file can read nothing."""

import hashlib
import logging
import os
import secrets
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

logger = logging.getLogger(__name__)

KEY_BYTES, NONCE_BYTES, MARK_LENGTH = 32, 12, 16


class Unreadable(ValueError):
    """What is sealed was sealed by another key, belongs elsewhere, or was changed."""


@dataclass(frozen=True, slots=True)
class Seal:
    """One key. It is never shown: neither it nor what it opens is in `repr`."""

    key: bytes

    def __repr__(self) -> str:
        return f"Seal({self.mark})"

    @property
    def mark(self) -> str:
        """What tells this key from others, and tells nothing of it."""
        return hashlib.sha256(b"aura kept exchanges" + self.key).hexdigest()[
            :MARK_LENGTH
        ]

    def close(self, data: bytes, about: str) -> bytes:
        """Return the data sealed; it opens only with the same `about`, such as a row's id."""
        nonce = os.urandom(NONCE_BYTES)
        return nonce + AESGCM(self.key).encrypt(nonce, data, about.encode())

    def open(self, sealed: bytes, about: str) -> bytes:
        """Return what `close` was given. Raises Unreadable."""
        nonce, rest = sealed[:NONCE_BYTES], sealed[NONCE_BYTES:]
        try:
            return AESGCM(self.key).decrypt(nonce, rest, about.encode())
        except (InvalidTag, ValueError) as error:
            raise Unreadable("It was sealed by another key, or changed.") from error


def key_file() -> Path:
    """Return where the key stands."""
    return Path(settings.AURA_DATA_DIR) / "kept_exchanges.key"


def seal() -> Seal:
    """Return the seal of this data folder, whose key is made at its first use. A file that
    holds no key is replaced: what it may have opened is lost. Raises OSError."""
    if not key_file().exists():
        _make(os.link)
    if (found := seal_if_any()) is None:
        logger.warning("%s holds no key: another one is made.", key_file())
        _make(os.replace)
        found = seal_if_any()
    if found is None:
        raise OSError(f"{key_file()} cannot be made.")
    return found


def seal_if_any() -> Seal | None:
    """Return the seal of this data folder; None where there is no key. Raises OSError when
    the file is there and cannot be read: then nothing is lost."""
    try:
        key = bytes.fromhex(key_file().read_text().strip())
    except (FileNotFoundError, ValueError):
        return None
    return Seal(key) if len(key) == KEY_BYTES else None


def _make(put: Callable[[Path, Path], None]) -> None:
    """Put a fresh key in its place; of several processes that link at once, one does."""
    scratch = key_file().with_name(f"{key_file().name}.{os.getpid()}")
    handle = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(secrets.token_hex(KEY_BYTES))
    with suppress(FileExistsError):
        put(scratch, key_file())
    with suppress(FileNotFoundError):
        os.unlink(scratch)
