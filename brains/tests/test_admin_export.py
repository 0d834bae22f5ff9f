"""The list of presets leads to a file of all, as `export_presets` writes it."""

from datetime import time
from io import StringIO

import pytest
from django.core.management import call_command
from django.urls import reverse

from brains.models import Schedule
from brains.tests.operators import member

LIST = reverse("admin:brains_modelpreset_changelist")
EXPORT = reverse("admin:brains_modelpreset_export")


@pytest.fixture(autouse=True)
def night(budget):
    Schedule.objects.create(preset=budget, begins=time(22), ends=time(6))


def test_the_list_leads_to_what_the_command_prints(admin_client):
    assert f'href="{EXPORT}"' in admin_client.get(LIST).content.decode()
    printed = StringIO()
    call_command("export_presets", stdout=printed)
    answer = admin_client.get(EXPORT)
    assert answer.content.decode() == printed.getvalue()
    assert "schedules:" in printed.getvalue()
    assert answer["Content-Type"] == "application/yaml; charset=utf-8"
    assert answer["Content-Disposition"] == 'attachment; filename="aura-presets.yaml"'


def test_schedules_are_for_who_may_see_them():
    text = member("view_modelpreset").get(EXPORT).content.decode()
    assert "name: Budget" in text and "schedules:" not in text


def test_who_may_not_see_presets_gets_no_file():
    assert member("view_schedule").get(EXPORT).status_code == 403
