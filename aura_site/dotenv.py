"""Reads a .env file by Docker Compose's rules, whatever state the file is in.

Not here: the process environment, types and defaults (see `environment`).
"""

import codecs
import errno
import hashlib
import io
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Literal

from dotenv.parser import Binding, Original, parse_stream

State = Literal["found", "missing", "unreadable"]

MAX_BYTES = 1024 * 1024
MAX_PROBLEMS = 20

_COMMENT = re.compile(r"\s#|^#(?=\s|\Z)")
_NEWLINE = re.compile(r"\r\n|\n|\r")
_COLON = re.compile(r"(\s*(?:export[^\S\r\n]+)?[A-Za-z_][\w.-]*)[^\S\r\n]*:(?!//)")
_UTF_16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_SAVE_AS_UTF_8 = "Save it as UTF-8 text."
_NOT_ALLOWED = "This process is not allowed to read it. Give the user that runs the server read access."
_REASONS = {
    errno.EACCES: _NOT_ALLOWED,
    errno.EPERM: _NOT_ALLOWED,
    errno.ELOOP: "It is a symbolic link that leads back to itself. Replace it by a file.",
}


@dataclass(frozen=True)
class DotenvFile:
    """What a .env file said when it was read.

    `reason` is why it is unreadable, for people. `values` keeps blank values as "".
    `problems` name skipped lines by number, never by their text. `digest` is the
    SHA-256 of the bytes as read, "" when there were none to read.
    """

    path: Path
    state: State
    reason: str
    values: Mapping[str, str] = field(repr=False)
    problems: tuple[str, ...]
    digest: str

    def has_changed(self) -> bool:
        """Say whether the file is another one now than when it was read."""
        return digest_of(self.path) != self.digest


class _Unavailable(Exception):
    def __init__(self, state: State, reason: str = "") -> None:
        super().__init__(reason)
        self.state = state
        self.reason = reason


def read_dotenv(path: Path) -> DotenvFile:
    """Read the file at `path`; never raises, the state says how it went.

    As Compose does, except: `$` is never a reference, a value that is only a
    comment is blank, a lone CR ends a line, and a line that Compose would refuse
    the whole file for is skipped and reported.
    """
    digest = ""
    try:
        content = _read_bytes(path)
        digest = _digest(content)
        text = _decode(content)
    except _Unavailable as why:
        empty: Mapping[str, str] = MappingProxyType({})
        return DotenvFile(path, why.state, why.reason, empty, (), digest)
    values, problems = _parse(text, path.name)
    return DotenvFile(path, "found", "", MappingProxyType(values), problems, digest)


def digest_of(path: Path) -> str:
    """Return the digest `read_dotenv` would give now, "" without bytes to read."""
    try:
        return _digest(_read_bytes(path))
    except _Unavailable:
        return ""


def clean(value: str) -> str:
    """Strip a real variable's value and cut a ` # comment` from its end.

    `docker run --env-file` passes lines on as they are written, so a comment can
    arrive here. Quotes stay: in a real variable they are part of the value.
    """
    comment = _COMMENT.search(value)
    return value[: comment.start() if comment else None].strip()


def _read_bytes(path: Path) -> bytes:
    try:
        _require_regular_file(path)
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except (FileNotFoundError, NotADirectoryError):
        raise _absent(path) from None
    except OSError as error:
        reason = _REASONS.get(error.errno or 0, f"It cannot be read: {error.strerror}.")
        raise _Unavailable("unreadable", reason) from None
    if len(content) > MAX_BYTES:
        raise _Unavailable(
            "unreadable", "It is larger than 1 MiB. Is it the right file?"
        )
    return content


def _require_regular_file(path: Path) -> None:
    # Opening a named pipe would wait for a writer for ever.
    mode = path.stat().st_mode
    if stat.S_ISDIR(mode):
        reason = "It is a directory. Docker makes one when it mounts a file that is not there: remove it and write the file."
        raise _Unavailable("unreadable", reason)
    if not stat.S_ISREG(mode):
        raise _Unavailable("unreadable", "It is not a regular file. Write one instead.")


def _absent(path: Path) -> _Unavailable:
    if path.is_symlink():
        reason = "It is a symbolic link to a file that is not there."
        return _Unavailable("unreadable", reason)
    return _Unavailable("missing")


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _decode(content: bytes) -> str:
    if content.startswith(_UTF_16_MARKS):
        raise _Unavailable("unreadable", f"It is UTF-16. {_SAVE_AS_UTF_8}")
    if (nul := content.find(b"\0")) >= 0:
        reason = f"Line {_line_at(content, nul)} has a NUL byte. {_SAVE_AS_UTF_8}"
        raise _Unavailable("unreadable", reason)
    content = content.removeprefix(codecs.BOM_UTF8)
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = _line_at(content, error.start)
    raise _Unavailable("unreadable", f"Line {line} is not UTF-8. {_SAVE_AS_UTF_8}")


def _line_at(content: bytes, offset: int) -> int:
    return _count_newlines(content[:offset].decode("latin-1")) + 1


def _parse(text: str, file_name: str) -> tuple[dict[str, str], tuple[str, ...]]:
    values: dict[str, str] = {}
    skipped: list[str] = []
    for binding in parse_stream(io.StringIO(text)):
        if binding.key is None and not binding.error:
            continue
        binding = _without_colon(binding)
        if binding.key is None or binding.value is None:
            skipped.append(_skipped(binding.original, file_name))
        else:
            values[binding.key] = _without_comment(binding.original, binding.value)
    return values, _shortened(skipped, file_name)


def _without_colon(binding: Binding) -> Binding:
    """Read `NAME: value` as Compose does; python-dotenv knows only `=`."""
    text, line = binding.original
    name = _COLON.match(text)
    if name is None:
        return binding
    assignment = f"{name[1]}={text[name.end() :]}"
    first, *rest = parse_stream(io.StringIO(assignment))
    return binding if rest else first._replace(original=Original(assignment, line))


def _without_comment(original: Original, value: str) -> str:
    # `NAME=# text` comes as the value `# text`; `NAME="# text"` means it.
    written = original.string.partition("=")[2].lstrip()
    return clean(value) if written.startswith("#") else value


def _skipped(original: Original, file_name: str) -> str:
    statement = original.string.lstrip()
    blank = original.string[: len(original.string) - len(statement)]
    first = original.line + _count_newlines(blank)
    last = first + _count_newlines(statement.rstrip())
    if first == last:
        return f"Line {first} of {file_name} is not an assignment (NAME=value); it was skipped."
    return f"Lines {first} to {last} of {file_name} are not an assignment (is a quote left open?); they were skipped."


def _count_newlines(text: str) -> int:
    return len(_NEWLINE.findall(text))


def _shortened(skipped: list[str], file_name: str) -> tuple[str, ...]:
    if len(skipped) <= MAX_PROBLEMS:
        return tuple(skipped)
    more = len(skipped) - MAX_PROBLEMS
    summary = f"{more} more statements of {file_name} were skipped."
    return (*skipped[:MAX_PROBLEMS], summary)
