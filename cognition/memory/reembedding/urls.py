"""The doors of `/api/reembedding`, and what each needs."""

from django.urls import path

from brains.api.door import Door, view
from cognition.memory.reembedding import api

urlpatterns = [
    path(
        "reembedding",
        view(GET=Door(api.show, api.VIEW), POST=Door(api.begin, api.CHANGE)),
    ),
    path("reembedding/pause", view(POST=Door(api.pause, api.CHANGE))),
    path("reembedding/resume", view(POST=Door(api.resume, api.CHANGE))),
    path("reembedding/cancel", view(POST=Door(api.cancel, api.CHANGE))),
]
