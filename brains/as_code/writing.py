"""Presets and schedules as a file: YAML for people to read and to keep in git. The same presets always give
the same text."""

from collections.abc import Iterable
from typing import Any

import yaml

from brains.as_code.document import VERSION
from brains.as_code.entries import fields_of
from brains.layers import DIMENSION
from brains.models import ModelPreset
from brains.schedules.models import Schedule
from brains.schedules.written import texts_of

_HEAD = """\
# Aura's presets. `manage.py import_presets FILE` makes them as they stand here, all or none.
# A field that is left out is blank: it inherits the environment, .env or the default.
"""
_HEAD_OF_SCHEDULES = """\
# The schedules are all that there are to be; without their list they stay as they are.
"""


class _Dumper(yaml.SafeDumper):
    """Writes lists below their name, and text so that it is read back to the letter."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)


def _represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    """Write lines as lines where YAML gives them back as they are, else with escapes."""
    style = None
    if not text.isprintable():
        is_plain = all(line.isprintable() for line in text.split("\n"))
        style = "|" if is_plain else '"'
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _represent_text)


def write_document(
    presets: Iterable[ModelPreset], schedules: Iterable[Schedule] | None = None
) -> str:
    """Return the file of these presets, in the order of their slugs, and of schedules in
    theirs; None says nothing of schedules."""
    rows = [_row(preset) for preset in sorted(presets, key=lambda p: p.slug)]
    document: dict[str, Any] = {"version": int(VERSION), "presets": rows}
    if schedules is not None:
        document["schedules"] = [_hours(schedule) for schedule in schedules]
    body: str = yaml.dump(
        document,
        Dumper=_Dumper,
        sort_keys=False,
        allow_unicode=True,
        width=100,
    )
    return _HEAD + ("" if schedules is None else _HEAD_OF_SCHEDULES) + body


def _row(preset: ModelPreset) -> dict[str, str | int]:
    """Return the fields of a preset that are not blank."""
    return {
        name: int(text) if name == DIMENSION.field else text
        for name, text in fields_of(preset).items()
        if text
    }


def _hours(schedule: Schedule) -> dict[str, str | bool]:
    texts: dict[str, str | bool] = {
        "preset": schedule.preset.slug,
        **texts_of(schedule),
    }
    return {**texts, "enabled": schedule.is_enabled}
