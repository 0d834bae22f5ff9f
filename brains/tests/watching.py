"""What tests of the watcher change behind its back, and a part of their own for it."""

from dataclasses import asdict
from typing import Any

from django.db import transaction
from django.db.models import F

from brains import activation, live
from brains.live import LoadedFrom
from brains.models import Activation, ChangeCounter
from brains.tests.records import preset


class Part:
    """One number that the database is the source of; it can be told to fail."""

    name = "number"
    may_be_stale = True

    def __init__(self, **errors: Exception) -> None:
        self.errors = errors
        self.installed: list[tuple[int, LoadedFrom]] = []
        self.flushed = 0
        self.failed = 0

    def read(self) -> dict[str, Any]:
        self._fail("read")
        return {"number": ChangeCounter.objects.get().value}

    def install(self, payload: dict[str, Any], loaded_from: LoadedFrom) -> None:
        self._fail("install")
        self.installed.append((payload["number"], loaded_from))

    def flush(self) -> None:
        self.flushed += 1
        self._fail("flush")

    def close(self) -> None:
        self._fail("close")

    def _fail(self, step: str) -> None:
        if error := self.errors.get(step):
            self.failed += 1
            raise error


def change_elsewhere(name: str = "Budget") -> None:
    """Activate as another process would: this one's watcher is not told."""
    newest, chosen = activation.latest(), preset(name)
    with transaction.atomic():
        Activation.objects.create(
            revision=newest.revision + 1 if newest else 1,
            action=Activation.Action.ACTIVATE,
            preset=chosen,
            snapshot=asdict(chosen.snapshot()),
            resolved={},
            by_name="bob",
        )
        ChangeCounter.objects.update(value=F("value") + 1)


def serves(name: str | None, loaded_from: LoadedFrom = "database") -> bool:
    """Say whether this preset is live in this process, and was loaded from there."""
    now = live.current()
    return (now.selection.preset, now.loaded_from) == (name, loaded_from)
