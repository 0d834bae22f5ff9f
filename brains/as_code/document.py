"""A file of presets and schedules, read from YAML that anybody may have written: bounded in size, depth and
number before anything is built, without aliases and tags, and with the line of each field."""

from collections.abc import Iterator
from dataclasses import dataclass

import yaml

from brains.as_code.entries import NAMES, Entry, Refusal, said
from brains.errors import DocumentUnreadable
from brains.schedules.written import NAMES as SCHEDULE_NAMES
from brains.values import shown

VERSION = "1"
BYTES_MAX = 1024 * 1024
PRESETS_MAX = 1_000
DEPTH_MAX = 8
EVENTS_MAX = 60_000
"""Twice what 1,000 presets with every field take."""

# The parser in C where it is there; both read safely, and neither builds objects here.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
# What YAML makes of text without quotes. It is taken as it stands: no stays "no".
_PLAIN = ("str", "null", "bool", "int", "float", "timestamp", "value", "merge")
_PLAIN_TAGS = frozenset(f"tag:yaml.org,2002:{name}" for name in _PLAIN)
_NULL = "tag:yaml.org,2002:null"


@dataclass(frozen=True, slots=True)
class Document:
    """What a file holds: its presets, what in it cannot be read, and its schedules (None:
    it says nothing of them)."""

    entries: tuple[Entry, ...]
    refusals: tuple[Refusal, ...] = ()
    schedules: tuple[Entry, ...] | None = None


def read_document(data: bytes) -> Document:
    """Read a file of presets. What cannot be read is among the refusals."""
    refusals: list[Refusal] = []
    try:
        rows, hours = _rows(_composed(_text(data)), refusals)
        presets = _entries(rows, NAMES, refusals)
        schedules = None if hours is None else _entries(hours, SCHEDULE_NAMES, refusals)
    except DocumentUnreadable as error:
        return Document((), (Refusal(str(error), error.line),))
    return Document(presets, tuple(refusals), schedules)


def _text(data: bytes) -> str:
    if len(data) > BYTES_MAX:
        raise DocumentUnreadable(f"A file of presets has at most {BYTES_MAX} bytes.")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise DocumentUnreadable("The file is not in UTF-8.", line) from None


def _composed(text: str) -> yaml.Node:
    try:
        _bound(text)
        root = yaml.compose(text, Loader=_LOADER)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = 0 if mark is None else int(mark.line) + 1
        what = said(", ".join(filter(None, (error.context, error.problem))))
        raise DocumentUnreadable(f"This is not YAML: {what}.", line) from None
    except yaml.YAMLError:  # of a character, which has a position but no line
        raise DocumentUnreadable(
            "The file has a control character, which YAML does not allow."
        ) from None
    if root is None:
        raise DocumentUnreadable("The file is empty: it has no version and no presets.")
    return root


def _bound(text: str) -> None:
    """Look at what the file is made of before any of it is built."""
    depth = 0
    for count, event in enumerate(yaml.parse(text, Loader=_LOADER)):
        line = _line(event)
        if isinstance(event, yaml.AliasEvent):
            raise DocumentUnreadable(
                "Aliases (*name) are not read here: write the value itself.", line
            )
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > DEPTH_MAX:
            raise DocumentUnreadable("The file is nested too deep.", line)
        if count > EVENTS_MAX:
            raise DocumentUnreadable("The file has too many entries.", line)


def _rows(
    root: yaml.Node, refusals: list[Refusal]
) -> tuple[list[yaml.Node], list[yaml.Node] | None]:
    """Return what stands below `presets` and, if that is there, below `schedules`, in a file
    of our version."""
    fields = _fields(root, ("version", "presets", "schedules"), refusals, "The file")
    version = fields.get("version")
    if version is None:
        raise DocumentUnreadable(
            f"The file has no version: begin it with `version: {VERSION}`.", 1
        )
    if not isinstance(version, yaml.ScalarNode) or version.value != VERSION:
        raise DocumentUnreadable(
            f"This Aura reads files of version {VERSION} only.", _line(version)
        )
    presets = _list(fields.get("presets"), "presets", "name", _line(root))
    if "schedules" not in fields:
        return presets, None
    return presets, _list(fields["schedules"], "schedules", "preset", _line(root))


def _list(node: yaml.Node | None, name: str, first: str, line: int) -> list[yaml.Node]:
    """Return what stands in a list of the file. Raises DocumentUnreadable."""
    if not isinstance(node, yaml.SequenceNode):
        raise DocumentUnreadable(
            f"The file has no list `{name}`, with a `- {first}: ...` for each.",
            _line(node) if node else line,
        )
    if len(node.value) > PRESETS_MAX:
        raise DocumentUnreadable(f"A file has at most {PRESETS_MAX} {name}.")
    return list(node.value)


def _entries(
    nodes: list[yaml.Node], names: tuple[str, ...], refusals: list[Refusal]
) -> tuple[Entry, ...]:
    entries = (_entry(node, names, refusals) for node in nodes)
    return tuple(entry for entry in entries if entry)


def _entry(
    node: yaml.Node, names: tuple[str, ...], refusals: list[Refusal]
) -> Entry | None:
    if not isinstance(node, yaml.MappingNode):
        what = "preset" if names is NAMES else "schedule"
        reason = f"A {what} is a list of fields, `- {names[0]}: ...`."
        refusals.append(Refusal(reason, _line(node)))
        return None
    fields = _fields(node, names, refusals, _label(node))
    values: dict[str, str | None] = {}
    for name, value in fields.items():
        if reason := _value_problem(value):
            refusals.append(Refusal(reason, _line(value), _label(node), name))
        else:
            values[name] = None if value.tag == _NULL else value.value
    lines = {name: _line(value) for name, value in fields.items()}
    return Entry(values, _line(node), lines)


def _value_problem(node: yaml.Node) -> str:
    if not isinstance(node, yaml.ScalarNode):
        return "This is to be one value, not a list or a group of them."
    if node.tag not in _PLAIN_TAGS:
        return f"The tag {shown(node.tag)} is not read here: write the value alone."
    return ""


def _fields(
    node: yaml.Node, known: tuple[str, ...], refusals: list[Refusal], whose: str
) -> dict[str, yaml.Node]:
    """Return the fields of a group, each once and known; what else it has is refused."""
    fields: dict[str, yaml.Node] = {}
    for name, line, value in _pairs(node):
        if name not in known:
            reason = f"There is no such field. Fields: {', '.join(known)}."
            refusals.append(Refusal(reason, line, whose, said(name)))
        elif name in fields:
            first = _line(fields[name])
            reason = f"It stands here twice, first in line {first}."
            refusals.append(Refusal(reason, line, whose, name))
        else:
            fields[name] = value
    return fields


def _pairs(node: yaml.Node) -> Iterator[tuple[str, int, yaml.Node]]:
    if not isinstance(node, yaml.MappingNode):
        raise DocumentUnreadable(
            f"The file begins with `version: {VERSION}` and `presets:`.", _line(node)
        )
    for key, value in node.value:
        name = key.value if isinstance(key, yaml.ScalarNode) else "(a group)"
        yield name, _line(key), value


def _label(node: yaml.MappingNode) -> str:
    """Return what a preset calls itself, or whose a schedule is, for messages."""
    pairs = reversed(node.value)  # of a name that stands there twice the first
    own = {k.value: v.value for k, v in pairs if isinstance(k, yaml.ScalarNode)}
    names = (own.get("name"), own.get("slug"), own.get("preset"))
    return next((said(name) for name in names if name and isinstance(name, str)), "")


def _line(part: yaml.Node | yaml.Event) -> int:
    mark = part.start_mark
    return 0 if mark is None else int(mark.line) + 1
