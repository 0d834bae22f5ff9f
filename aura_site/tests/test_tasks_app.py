"""Background tasks stand in the admin under a name that people understand."""

import pytest
from django.urls import reverse


@pytest.mark.django_db
def test_the_menu_names_background_tasks(admin_client):
    html = admin_client.get(reverse("admin:index")).content.decode()
    assert "Tasks in the background" in html
    assert "database backend" not in html.lower()
