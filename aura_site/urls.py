"""Django's doors: the status page and the admin. `/v1/*` and `/health*` never come here."""

from django.contrib import admin
from django.urls import path

urlpatterns = [
    path("admin/", admin.site.urls),
]
