"""Who may see the status page and act from it; with and without its database; and that it
is light, strict and safe to open."""

import re
from pathlib import Path

import pytest
from django.contrib.auth.models import Permission, User
from django.contrib.staticfiles import finders
from django.db import connection
from django.test import Client

from brains import activation, watcher
from brains.activation import Author
from brains.models import ModelPreset
from brains.tests.status_reader import activated, page, registry, shown, words
from brains.watcher import Watcher


@pytest.fixture(autouse=True)
def _key_set(settings):
    settings.AURA_PROVIDERS = registry()


@pytest.fixture
def _away(monkeypatch, tmp_path):
    """The watcher of this process has never heard the database."""
    monkeypatch.setattr(watcher, "_running", Watcher([], tmp_path))


def staff(*codenames):
    user = User.objects.create_user("operator", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    client = Client()
    client.force_login(user)
    return client


@pytest.mark.usefixtures("_away")
def test_page_asks_nothing_of_a_database_that_is_away():
    # Not marked django_db: any query would fail this test.
    client = Client()
    client.cookies["sessionid"] = "somebody"

    text = shown(client)

    assert "▲ Database away This is the last good revision" in text
    assert "Workers ○ Not known while the database is away." in text
    assert "Sign in" not in text


def test_page_stands_when_the_database_fails_under_it(database, tmp_path):
    connection.close()
    for file in tmp_path.glob("aura.sqlite3*"):
        file.write_bytes(b"this is no database" * 500)

    text = shown()

    assert "Database away" in text
    assert "▲ SQLite cannot be used." in text


@pytest.mark.fault("W10")
@pytest.mark.django_db
def test_page_for_staff_only_sends_others_to_sign_in(settings, client):
    settings.AURA_PUBLIC_STATUS = False

    response = client.get("/")

    assert response.status_code == 302
    assert response["Location"] == "/admin/login/?next=/"
    assert response["Cache-Control"] == "no-store"


@pytest.mark.fault("W10")
@pytest.mark.django_db
def test_page_for_staff_only_is_not_for_other_users(settings, client):
    settings.AURA_PUBLIC_STATUS = False
    client.force_login(User.objects.create_user("guest"))

    assert client.get("/").status_code == 302


@pytest.mark.django_db
def test_page_for_staff_only_is_shown_to_staff(settings):
    settings.AURA_PUBLIC_STATUS = False

    assert "What serves" in shown(staff())


@pytest.mark.usefixtures("_away")
def test_page_for_staff_only_is_closed_while_nobody_can_sign_in(settings, client):
    settings.AURA_PUBLIC_STATUS = False

    response = client.get("/")

    assert response.status_code == 503
    assert "nobody can sign in while the database is away" in response.content.decode()
    assert response["Retry-After"] == "5"


@pytest.mark.django_db
def test_operators_get_the_ways_to_act(admin_client):
    selection = activated("Budget")
    pk = ModelPreset.objects.get(slug=selection.preset_slug).pk

    html = page(admin_client)

    assert ">Activate another preset</a>" in html and ">History</a>" in html
    assert f'href="/admin/brains/modelpreset/{pk}/change/"' in html


@pytest.mark.django_db
def test_staff_get_only_the_ways_they_may_go():
    html = page(staff("view_modelpreset"))

    assert ">Presets</a>" in html
    assert "Activate another preset" not in html and "History" not in html


@pytest.mark.fault("W10")
@pytest.mark.django_db
def test_visitors_get_no_way_to_act():
    activated("Budget")

    html = page()

    assert "Activate another preset" not in html and "/change/" not in html
    assert "Sign in" in html


@pytest.mark.fault("E11")
@pytest.mark.django_db
@pytest.mark.parametrize(
    "text",
    ["<script>alert(1)</script>", "{{ 7|add:7 }}", "{% now 'Y' %}", "\"'><img src=x>"],
)
def test_texts_of_people_are_shown_as_text(text):
    preset = ModelPreset(name=text, slug="odd", l1_model="a/b")
    preset.save()
    activation.activate(preset, Author(text, reason=text))

    html = page(staff("view_modelpreset"))

    escaped = text.replace("<", "&lt;").replace(">", "&gt;")
    escaped = escaped.replace('"', "&quot;").replace("'", "&#x27;")
    assert html.count(escaped) >= 4
    assert "<script>" not in html and "<img" not in html and "14" not in words(html)


@pytest.mark.django_db
def test_page_needs_no_inline_script_or_style(client):
    response = client.get("/")

    html = response.content.decode()
    assert "unsafe" not in response["Content-Security-Policy"]
    assert re.findall(r"<script(?![^>]*\ssrc=)|<style|\sstyle=|\son\w+=", html) == []


@pytest.mark.django_db
def test_page_is_never_kept_by_a_cache(client):
    assert client.get("/")["Cache-Control"] == "no-store"


@pytest.mark.fault("W10")
@pytest.mark.django_db
def test_page_is_only_read(client):
    assert client.post("/").status_code == 405


@pytest.mark.django_db
def test_page_and_what_it_loads_is_under_50_kb(client):
    activated("Budget")
    urls = re.findall(r'(?:href|src)="/static/([^"]+)"', page())
    files = [Path(str(finders.find(url))) for url in urls]

    assert len(files) == 3
    assert sum(file.stat().st_size for file in files) + len(page()) < 50_000


@pytest.mark.django_db
def test_a_visit_costs_few_queries(django_assert_max_num_queries, settings):
    activated("Budget")

    with django_assert_max_num_queries(15):
        page()
    # What is known for some seconds: how calls go lately, which memories lack a vector.
    with django_assert_max_num_queries(10):
        page()
