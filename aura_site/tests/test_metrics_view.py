"""`/metrics` without a key: for staff, and for nobody else."""

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.urls import path

from aura_site.metrics_view import metrics
from gateway.metrics.text import CONTENT_TYPE

urlpatterns = [path("metrics", metrics), path("admin/", admin.site.urls)]
pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]
BROWSER = "text/html,application/xhtml+xml,*/*;q=0.8"


def test_staff_see_the_figures(client):
    client.force_login(User.objects.create_user("ada", is_staff=True))
    answer = client.get("/metrics", headers={"accept": BROWSER})
    assert answer.status_code == 200
    assert answer["Content-Type"] == CONTENT_TYPE
    assert "# TYPE aura_requests_total counter" in answer.text
    assert "no-store" in answer["Cache-Control"]


@pytest.mark.parametrize("fields", [{"is_staff": False}, {"is_active": False}])
def test_others_are_sent_to_sign_in(client, fields):
    client.force_login(User.objects.create_user("bob", **{"is_staff": True} | fields))
    answer = client.get("/metrics", headers={"accept": BROWSER})
    assert answer.status_code == 302
    assert answer["Location"] == "/admin/login/?next=/metrics"


def test_who_has_not_signed_in_is_sent_there(client):
    answer = client.get("/metrics", headers={"accept": BROWSER})
    assert answer["Location"] == "/admin/login/?next=/metrics"


def test_nothing_can_be_sent(client):
    assert client.post("/metrics").status_code == 405
