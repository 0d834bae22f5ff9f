"""All presets as a file to download, as `manage.py export_presets` writes it."""

from django.contrib.admin import ModelAdmin
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path

from brains.admin.doors import READING, guarded
from brains.as_code.writing import write_document
from brains.models import ModelPreset, Schedule

EXPORT = "brains_modelpreset_export"
FILE = "aura-presets.yaml"
SEE_SCHEDULES = "brains.view_schedule"


class ExportPage:
    """The download, as the preset admin serves it."""

    def __init__(self, model_admin: "ModelAdmin[ModelPreset]") -> None:
        self._admin = model_admin

    def urls(self) -> list[URLPattern]:
        """Return its address, below the preset list's."""
        view = guarded(self.export, self._admin.has_view_permission, READING)
        return [path("export/", self._admin.admin_site.admin_view(view), name=EXPORT)]

    def export(self, request: HttpRequest) -> HttpResponse:
        """Answer with the file; with the schedules for who may see them."""
        may_see = request.user.has_perm(SEE_SCHEDULES)
        schedules = Schedule.objects.select_related("preset") if may_see else None
        answer = HttpResponse(
            write_document(ModelPreset.objects.all(), schedules),
            content_type="application/yaml; charset=utf-8",
        )
        answer["Content-Disposition"] = f'attachment; filename="{FILE}"'
        return answer
