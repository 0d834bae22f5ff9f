"""The doors of `/api/`, and what each needs: a scope of the key, and a permission of the
person who made it."""

from django.urls import path

from brains.api import canaries, changes, presets, reading, schedules
from brains.api.door import Door, view

urlpatterns = [
    path("presets", view(GET=Door(presets.list_presets, presets.VIEW))),
    path(
        "presets/<slug:slug>",
        view(
            GET=Door(presets.get_preset, presets.VIEW),
            PUT=Door(presets.put_preset, presets.CHANGE),
            DELETE=Door(presets.delete_preset, presets.DELETE),
        ),
    ),
    path(
        "presets/<slug:slug>/preflight",
        view(
            GET=Door(presets.probed, presets.VIEW),
            POST=Door(presets.probe, presets.PROBE),
        ),
    ),
    path("export", view(GET=Door(presets.export, presets.VIEW))),
    path(
        "import",
        view(POST=Door(presets.import_, presets.CHANGE, dry=presets.VIEW)),
    ),
    path("activate", view(POST=Door(changes.activate, changes.ACTIVATE))),
    path("deactivate", view(POST=Door(changes.deactivate, changes.ACTIVATE))),
    path("confirm", view(POST=Door(changes.confirm, changes.CONFIRM))),
    path("revert", view(POST=Door(changes.revert, changes.ROLL_BACK))),
    path("roll-back", view(POST=Door(changes.roll_back, changes.ROLL_BACK))),
    path(
        "canary",
        view(
            GET=Door(canaries.show, canaries.VIEW),
            POST=Door(canaries.start, canaries.CHANGE),
            PATCH=Door(canaries.change, canaries.CHANGE),
        ),
    ),
    path("canary/promote", view(POST=Door(canaries.promote, canaries.CHANGE))),
    path("canary/abort", view(POST=Door(canaries.abort, canaries.CHANGE))),
    path(
        "schedules",
        view(
            GET=Door(schedules.list_schedules, schedules.VIEW),
            POST=Door(schedules.create, schedules.ADD),
        ),
    ),
    path(
        "schedules/<int:pk>",
        view(DELETE=Door(schedules.delete, schedules.DELETE)),
    ),
    path("history", view(GET=Door(reading.history, reading.HISTORY))),
    path("selection", view(GET=Door(reading.selection, reading.VIEW))),
]
