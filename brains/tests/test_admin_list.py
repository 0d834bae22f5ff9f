"""The preset list says at a glance what is live and what each preset would resolve to."""

import re

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from brains import activation
from brains.activation import Author
from brains.models import ModelPreset
from brains.provider_watch import WATCH, Checked
from providers.reachability import Reach, State
from providers.registry import Registry
from providers.shipped import local, offline, openrouter

pytestmark = pytest.mark.django_db
LIST = reverse("admin:brains_modelpreset_changelist")
ANN = Author("ann", reason="night costs")


@pytest.fixture(autouse=True)
def _rungs(settings):
    settings.AURA_ENV_RUNG = {"AURA_L3_MODEL": "env/model"}
    settings.AURA_DOTENV_RUNG = {"AURA_L1_MODEL": "dotenv/model"}


def preset(name):
    return ModelPreset.objects.get(name=name)


def row_of(client, name):
    html = client.get(LIST).content.decode()
    rows = html.partition("<tbody>")[2].partition("</tbody>")[0].split("<tr>")
    row = next(r for r in rows if f">{name}</a>" in r)
    return row.replace("<wbr>", "")


def words(html):
    return " ".join(re.sub("<[^>]+>", " ", html).split())


def staff(*codenames):
    user = User.objects.create_user("staff", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    client = Client()
    client.force_login(user)
    return client


def test_the_live_preset_is_marked_in_words(admin_client):
    activation.activate(preset("Budget"), ANN)

    html = row_of(admin_client, "Budget")
    row = words(html)

    assert 'class="aura-state aura-good">live<' in html
    assert row.startswith("live revision 1")
    assert "Deactivate" in row
    assert "live revision" not in words(row_of(admin_client, "Hybrid"))


def test_the_state_is_the_first_column(admin_client):
    html = admin_client.get(LIST).content.decode()
    headers = re.findall(r'class="[^"]*column-(\w+)', html)

    assert headers[:2] == ["state_of", "name_of"]


def test_the_head_says_what_is_live_since_when_by_whom_and_why(admin_client):
    activation.activate(preset("Budget"), ANN)

    text = words(admin_client.get(LIST).content.decode())

    assert "Budget is live as revision 1. Since" in text
    assert "by ann: “night costs”" in text


def test_the_head_says_when_no_preset_is_live(admin_client):
    assert (
        b"No preset is live: every value comes from" in admin_client.get(LIST).content
    )


def test_each_row_shows_what_its_layers_would_resolve_to_and_from_where(admin_client):
    row = row_of(admin_client, "Default")

    inherited = re.findall(
        r'"aura-inherited"><code>([^<]+)</code><small title="([^"]+)"', row
    )

    assert inherited == [
        ("dotenv/model", "from AURA_L1_MODEL in .env"),
        ("anthropic/claude-3.5-sonnet", "from the built-in default"),
        ("env/model", "from AURA_L3_MODEL in the environment"),
        ("openai/text-embedding-3-small", "from the built-in default"),
        ("1536", "from the built-in default"),
    ]


def test_a_preset_s_own_values_are_not_dimmed(admin_client):
    row = row_of(admin_client, "Offline")

    assert "aura-inherited" not in row
    assert row.count("<code>offline/smollm2-135m</code>") == 3
    assert "<code>384</code>" in row


def test_each_row_shows_the_name_that_clients_ask_for(admin_client):
    assert "aura/l3@all-deepseek" in row_of(admin_client, "All-DeepSeek")


def test_the_last_activation_of_a_preset_is_told(admin_client):
    activation.activate(preset("Hybrid"), ANN)
    activation.activate(preset("Budget"), ANN)

    assert "last activated just now" in words(row_of(admin_client, "Hybrid"))
    assert "never live" in words(row_of(admin_client, "Default"))


def test_buttons_are_links_to_the_question(admin_client):
    budget = preset("Budget")

    assert f'href="/admin/brains/modelpreset/{budget.pk}/activate/"' in row_of(
        admin_client, "Budget"
    )


def test_who_may_only_view_sees_no_button():
    client = staff("view_modelpreset")

    assert "/activate/" not in client.get(LIST).content.decode()


def test_who_may_activate_may_see_the_list():
    client = staff("activate_modelpreset")

    assert "/activate/" in client.get(LIST).content.decode()


def test_staff_without_permission_sees_nothing():
    assert staff().get(LIST).status_code == 403


def test_the_list_takes_the_same_few_queries_for_any_number_of_presets(
    admin_client, django_assert_max_num_queries
):
    for number in range(30):
        ModelPreset(name=f"Preset {number}").save()

    with django_assert_max_num_queries(10):
        admin_client.get(LIST)


def test_markup_in_a_preset_is_shown_as_text(admin_client):
    ModelPreset(
        name="<b>x</b> {{ 7|add:7 }}", description="<script>y()</script>"
    ).save()

    html = admin_client.get(LIST).content.decode()

    assert "<script>y()" not in html and "<b>x</b>" not in html
    assert "&lt;b&gt;x&lt;/b&gt; {{ 7|add:7 }}" in html


def test_a_search_finds_presets_by_model(admin_client):
    html = admin_client.get(LIST, {"q": "claude-3-haiku"}).content.decode()

    assert ">Budget</a>" in html and ">Hybrid</a>" not in html


def test_the_first_page_says_what_is_live_and_what_serves_each_layer(admin_client):
    activation.activate(preset("Budget"), ANN)

    text = words(admin_client.get(reverse("admin:index")).content.decode())

    assert "Budget is live as revision 1." in text
    assert "google/ gemma- 7b- it from preset Budget" in text


# What is live and cannot answer.


def troubles(client, settings, key, monkeypatch, state=None):
    three = (openrouter("", key), local("", "", "", {}), offline("", ""))
    settings.AURA_PROVIDERS = Registry({p.name: p for p in three})
    found = {"openrouter": Checked(Reach(state), timezone.now())} if state else {}
    monkeypatch.setattr(WATCH, "latest", found)
    html = client.get(LIST).content.decode()
    return [words(each) for each in re.findall(r"aura-broken\">(.*?)</p>", html)]


def test_the_list_says_that_what_is_live_has_no_key(
    admin_client, settings, monkeypatch
):
    activation.activate(preset("Hybrid"), ANN)
    (trouble,) = troubles(admin_client, settings, "", monkeypatch)
    assert trouble.startswith("Now L2, L3 and Embedding cannot answer. No key for Open")
    assert trouble.endswith("See the status page")


def test_the_list_says_that_a_provider_was_not_reached(
    admin_client, settings, monkeypatch
):
    activation.activate(preset("Budget"), ANN)
    (trouble,) = troubles(admin_client, settings, "k", monkeypatch, State.UNREACHABLE)
    assert trouble.startswith("OpenRouter was not reached. Check its address")


def test_the_list_says_nothing_while_what_is_live_answers(
    admin_client, settings, monkeypatch
):
    activation.activate(preset("Budget"), ANN)
    assert troubles(admin_client, settings, "k", monkeypatch, State.ANSWERS) == []
    assert troubles(admin_client, settings, "k", monkeypatch) == []
