"""Django's doors: the status page, the admin, conversations, the playground and `/api/`.
`/v1/*` and `/health*` never come here, and of `/metrics` only what a browser asks."""

from django.contrib import admin
from django.urls import include, path

from aura_site.metrics_view import metrics
from brains.status import status
from cognition.doors.chat import message, stream

urlpatterns = [
    path("", status, name="home"),
    path("status/", status, name="status"),
    path("metrics", metrics, name="metrics"),
    path("admin/", admin.site.urls),
    path("chat/message", message, name="chat_message"),
    path("chat/stream", stream, name="chat_stream"),
    path("playground/", include("cognition.playground.urls")),
    path("api/", include("cognition.personal_data.urls")),
    path("api/", include("cognition.memory.reembedding.urls")),
    path("api/", include("brains.api.urls")),
]

handler400 = "aura_site.error_pages.bad_request"
handler404 = "aura_site.error_pages.not_found"
handler500 = "aura_site.error_pages.failed"
