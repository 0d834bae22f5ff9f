"""Django's doors: the status page and the admin. `/v1/*` and `/health*` never come here."""

from django.contrib import admin
from django.urls import path

from brains.status import status

urlpatterns = [
    path("", status, name="home"),
    path("status/", status, name="status"),
    path("admin/", admin.site.urls),
]

handler404 = "aura_site.error_pages.not_found"
handler500 = "aura_site.error_pages.failed"
