"""Background tasks stand in the admin under a name that people understand, in columns that
say something."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from aura_site.admin import STATES

LIST = reverse("admin:django_tasks_database_dbtaskresult_changelist")


@pytest.mark.django_db
def test_the_menu_names_background_tasks(admin_client):
    html = admin_client.get(reverse("admin:index")).content.decode()
    assert "Tasks in the background" in html
    assert "database backend" not in html.lower()


@pytest.fixture
def failed():
    now = timezone.now()
    return DBTaskResult.objects.create(
        status="FAILED",
        task_path="gateway.background.tasks.forget_calls",
        args_kwargs={"args": [], "kwargs": {}},
        run_after=now,
        started_at=now,
        finished_at=now + timedelta(seconds=2.1),
        exception_class_path="django.db.utils.OperationalError",
        traceback="Traceback of it",
    )


@pytest.mark.django_db
def test_the_list_has_a_plain_title_and_columns_that_fit(admin_client, failed):
    html = admin_client.get(LIST).content.decode()
    assert "<h1>Tasks in the background</h1>" in html and "Select " not in html
    columns = re.findall(r'class="(?:sortable )?column-(\w+)', html)
    assert columns == ["name", "state_of", "queued", "took", "queue_name", "why"]
    assert "forget_calls</a>" in html and "aura-broken" in html
    assert ">2.1 s<" in html and ">OperationalError<" in html


@pytest.mark.django_db
def test_the_page_of_a_task_has_all_of_it(admin_client, failed):
    page = reverse("admin:django_tasks_database_dbtaskresult_change", args=[failed.pk])
    assert "Traceback of it" in admin_client.get(page).content.decode()


@pytest.mark.django_db
def test_a_list_of_each_state_can_be_shown(admin_client, failed):
    for status in STATES:
        DBTaskResult.objects.update(status=status, finished_at=None)
        html = admin_client.get(LIST).content.decode()
        assert f">{STATES[status][0]}</span>" in html and ">–<" in html
