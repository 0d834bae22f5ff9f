"""The doors of `/api/`, and what each needs: a scope of the key, and a permission of the
person who made it."""

from django.urls import path

from brains.api import changes, presets, reading
from brains.api.door import Door, view

urlpatterns = [
    path("presets", view(GET=Door(presets.list_presets, presets.VIEW))),
    path(
        "presets/<slug:slug>",
        view(
            GET=Door(presets.get_preset, presets.VIEW),
            PUT=Door(presets.put_preset, presets.CHANGE),
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
    path("roll-back", view(POST=Door(changes.roll_back, changes.ROLL_BACK))),
    path("history", view(GET=Door(reading.history, reading.HISTORY))),
    path("selection", view(GET=Door(reading.selection, reading.VIEW))),
]
