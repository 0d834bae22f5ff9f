"""The doors of the playground."""

from django.urls import path

from cognition.playground.page import (
    delete,
    earlier_list,
    offered,
    page,
    share,
    turns,
)
from cognition.playground.preferences import prefer

urlpatterns = [
    path("", page, name="playground"),
    path("presets", offered, name="playground_presets"),
    path("earlier", earlier_list, name="playground_earlier"),
    path("preferences", prefer, name="playground_prefer"),
    path("conversations/<uuid:conversation>", turns, name="playground_turns"),
    path("conversations/<uuid:conversation>.md", share, name="playground_share"),
    path("conversations/<uuid:conversation>/delete", delete, name="playground_delete"),
]
