"""The check in the admin: Activate goes through it, its page shows it, and who may go past."""

import json

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse

from brains import activation
from brains.activation import Author
from brains.models import Activation, ModelPreset
from brains.preflight import asking
from brains.preflight.models import Preflight
from brains.tests.checking import EMBEDDING, L1, L2, L3, asked, candidate
from brains.tests.records import newest
from brains.tests.status_reader import CANARY, registry, words

pytestmark = pytest.mark.django_db
ANN = Author("ann")


@pytest.fixture(autouse=True)
def _served(settings, upstream):
    settings.AURA_PREFLIGHT = True
    settings.AURA_PROVIDERS = registry(url=upstream.url)
    settings.AURA_ENV_RUNG, settings.AURA_DOTENV_RUNG = {}, {}


@pytest.fixture
def chosen(db):
    return candidate()


def url_of(preset, page="activate"):
    return reverse(f"admin:brains_modelpreset_{page}", args=[preset.pk])


def activate(client, preset, **changes):
    """Ask, then press the button."""
    form = client.get(url_of(preset)).context["form"]
    data = {name: form[name].value() or "" for name in form.fields} | changes
    return client.post(url_of(preset), data, follow=True)


def told(response):
    return [str(message) for message in response.context["messages"]]


def member(*codenames):
    user = User.objects.create_user("member", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    client = Client()
    client.force_login(user)
    return client


def test_a_preset_whose_models_answer_becomes_live(admin_client, chosen, upstream):
    response = activate(admin_client, chosen)

    assert told(response) == [
        "Candidate is live as revision 1; no preset was live before."
    ]
    assert asked(upstream) == {L1: 5, L2: 1, L3: 1, EMBEDDING: 1}
    assert not newest().forced


BELOW = "Nothing was activated. The check of its models below says why."
BAD = [
    (L2, {"status": 401}, "OpenRouter answered 401"),
    (L3, {"status": 404}, "OpenRouter answered 404"),
    (L1, {"status": 500}, "OpenRouter answered 500"),
    (L1, {"stall": True}, "OpenRouter did not answer in time."),
    (EMBEDDING, {"dimension": 768}, "vectors of 768 numbers"),
]


@pytest.mark.fault("D8")
@pytest.mark.parametrize(("model", "behaviour", "said"), BAD)
def test_a_preset_that_fails_its_check_does_not_become_live(
    admin_client, chosen, upstream, monkeypatch, model, behaviour, said
):
    monkeypatch.setattr(asking, "ANSWER_S", 0.5)
    upstream.script(model, **behaviour)

    response = activate(admin_client, chosen)

    html = words(response.content.decode())
    assert told(response) == [BELOW] and html.count(said) == 1
    assert "This cannot be activated as it is." in html
    assert not Activation.objects.exists()


def test_once_it_is_known_to_fail_the_button_checks_again(
    admin_client, chosen, upstream
):
    before = admin_client.get(url_of(chosen)).content.decode()
    assert 'value="Activate Candidate" data-unless-failed>' in before
    assert 'value="Check again" data-if-failed hidden>' in before
    assert "Optional, but for Activate anyway." in words(before)
    upstream.script(L2, status=401)

    after = activate(admin_client, chosen).content.decode()

    assert 'value="Activate Candidate" data-unless-failed hidden>' in after
    assert 'form="preflight-form" value="Check again" data-if-failed>' in after
    assert "<strong data-if-failed>Activate anyway needs it." in after
    start = admin_client.get(url_of(chosen, "canary_start")).content.decode()
    assert 'value="Check again" data-if-failed>' in start
    assert "<strong data-if-failed>Start anyway needs it." in start


def test_where_nothing_is_gated_a_failed_check_leaves_the_button(
    admin_client, chosen, settings, upstream
):
    settings.AURA_PREFLIGHT = False
    upstream.script(L2, status=401)
    page = admin_client.post(
        url_of(chosen, "preflight"), {"activate": "1"}, follow=True
    )

    assert 'value="Activate Candidate">' in page.content.decode()
    assert "Check again" not in page.content.decode()


def test_a_variable_wraps_after_its_underscores(admin_client, chosen, settings):
    settings.AURA_PROVIDERS = registry(key="")

    html = activate(admin_client, chosen).content.decode()

    assert '<span class="aura-variable">OPENROUTER_<wbr>API_<wbr>KEY</span>' in html


def test_without_a_key_the_known_sentence_refuses(admin_client, chosen, settings):
    settings.AURA_PROVIDERS = registry(key="")

    page = activate(admin_client, chosen)
    html = words(page.content.decode())

    assert told(page) == [BELOW]
    assert html.count("No key for OpenRouter: set OPENROUTER_API_KEY") == 1
    assert html.count("for the same reason as L1.") == 3
    assert not Activation.objects.exists()


def test_who_may_force_does_so_with_a_reason_that_the_history_keeps(
    admin_client, chosen, upstream
):
    upstream.script(L2, status=500)

    response = activate(admin_client, chosen, force="1", reason="it will be back")

    assert "Candidate is live as revision 1" in told(response)[0]
    live_now = newest()
    assert live_now.forced and live_now.reason == "it will be back"
    assert upstream.requests == [], "nobody waits for a model that is down"
    history = admin_client.get(reverse("admin:brains_activation_changelist"))
    assert "activated Candidate past the check of its models" in words(
        history.content.decode()
    )


@pytest.mark.parametrize("reason", ["", "   "])
def test_force_without_a_reason_is_refused_beside_the_field(
    admin_client, chosen, reason
):
    response = activate(admin_client, chosen, force="1", reason=reason)

    assert "Write why it is activated past" in response.content.decode()
    assert "Optional" not in response.content.decode()
    assert not Activation.objects.exists()


def test_force_without_its_permission_is_refused(chosen):
    client = member("activate_modelpreset")

    assert "Activate anyway" not in client.get(url_of(chosen)).content.decode()
    assert activate(client, chosen, force="1", reason="I want to").status_code == 403
    assert not Activation.objects.exists()


def test_the_permission_to_force_alone_activates_nothing(chosen):
    client = member("force_modelpreset")

    response = client.post(url_of(chosen), {"force": "1", "reason": "because"})

    assert response.status_code == 403
    assert not Activation.objects.exists()


def test_what_was_checked_just_now_is_not_asked_again(admin_client, chosen, upstream):
    admin_client.post(url_of(chosen, "preflight"))
    assert len(upstream.requests) == 8

    activate(admin_client, chosen)

    assert len(upstream.requests) == 8
    assert activation.live_preset_id() == chosen.pk


def test_a_preset_edited_after_a_good_check_is_asked_again(
    admin_client, chosen, upstream
):
    admin_client.post(url_of(chosen, "preflight"))
    chosen.l2_model = "test/other"
    activation.save_preset(chosen, ANN)
    upstream.script("test/other", status=404)

    response = activate(admin_client, chosen)

    assert told(response) == [BELOW]
    assert "OpenRouter answered 404" in words(response.content.decode())
    assert not Activation.objects.exists()


def test_a_preset_edited_while_it_is_checked_is_asked_about_again(
    admin_client, chosen, monkeypatch
):
    ask = asking.ask

    def edited_meanwhile(questions):
        yield from ask(questions)
        other = ModelPreset.objects.get(pk=chosen.pk)
        other.l1_model = "test/never-checked"
        activation.save_preset(other, ANN)

    monkeypatch.setattr(asking, "ask", edited_meanwhile)

    for opened_at in ({}, {"opened_at": ""}):
        response = activate(admin_client, chosen, **opened_at)
        assert "was edited after you opened this page" in told(response)[0]
    assert not Activation.objects.exists()


def test_a_stale_page_asks_no_model(admin_client, chosen, upstream):
    activate(admin_client, chosen, opened_at="2020-01-01T00:00:00+00:00")

    assert upstream.requests == [] and not Activation.objects.exists()


def test_what_is_live_already_asks_no_model(admin_client, chosen, upstream):
    activation.activate(chosen, ANN)

    response = admin_client.post(url_of(chosen), {}, follow=True)

    assert "already live as revision 1; nothing changed." in told(response)[0]
    assert upstream.requests == []


def test_with_the_gate_off_activate_asks_no_model(
    admin_client, chosen, upstream, settings
):
    settings.AURA_PREFLIGHT = False
    upstream.script(L2, status=500)

    page = admin_client.get(url_of(chosen)).content.decode()
    activate(admin_client, chosen, force="1", reason="no need to")

    assert "Activate anyway" not in page and "Check these models" in page
    assert upstream.requests == []
    assert not newest().forced, "there was nothing to go past"


def test_the_page_says_what_a_check_costs(admin_client, chosen):
    html = words(admin_client.get(url_of(chosen)).content.decode())

    assert (
        "8 small questions: 5 to L1, one to each other layer, 16 tokens or less to "
        "answer each; 30 s at most." in html
    )
    assert "Not asked in the last ten minutes." in html


@pytest.mark.parametrize(
    ("data", "page"),
    [
        ({}, "preflight"),
        ({"activate": "1"}, "activate"),
        ({"canary": "1"}, "canary_start"),
    ],
)
def test_without_the_script_a_check_leads_back_to_its_page_with_what_was_found(
    admin_client, chosen, upstream, data, page
):
    upstream.script(EMBEDDING, dimension=768)

    response = admin_client.post(url_of(chosen, "preflight"), data, follow=True)

    assert response.redirect_chain == [(url_of(chosen, page), 302)]
    html = words(response.content.decode())
    assert "This cannot be activated as it is." in html
    assert "vectors of 768 numbers where the dimension is 1536" in html
    assert "first chunk p95" in html and "· 768 numbers" not in html


def test_the_page_shows_warnings_fallbacks_and_lengths(
    admin_client, upstream, monkeypatch
):
    monkeypatch.setattr("brains.preflight.findings.L1_BUDGET_MS", 20)
    upstream.script(L1, latency_s=0.03)
    chosen = candidate(l3_fallback="test/behind")

    response = admin_client.post(url_of(chosen, "preflight"), follow=True)

    html = words(response.content.decode())
    assert "All models answer." in html and "1536 numbers" in html
    assert "L1 is slow: of 5 streams" in html
    assert "fallbacks, not asked: test/behind" in html


def test_progress_is_told_as_json(admin_client, chosen, monkeypatch):
    def progress():
        answer = admin_client.get(url_of(chosen, "preflight_progress"))
        assert "no-store" in answer["Cache-Control"]
        return json.loads(answer.content)

    seen = []
    ask = asking.ask

    def observed(questions):
        for finding in ask(questions):
            yield finding
            seen.append(progress())

    monkeypatch.setattr(asking, "ask", observed)
    assert "Not asked" in progress()["html"]
    admin_client.post(url_of(chosen, "preflight"))

    assert [now["is_over"] for now in seen] == [False] * 4
    assert "Asking …" in seen[0]["html"] and "Asked" in seen[0]["html"]
    assert progress()["is_over"] and progress()["has_passed"]


def test_markup_in_an_error_of_a_provider_is_text(admin_client, chosen, upstream):
    nasty = "<script>alert(1)</script><img src=x onerror=alert(2)>{{ 7 }}"
    upstream.script(L2, status=404, body={"error": {"message": nasty}})

    pages = [activate(admin_client, chosen)]
    pages.append(admin_client.get(url_of(chosen, "preflight")))
    html = [page.content.decode() for page in pages]
    progress = admin_client.get(url_of(chosen, "preflight_progress"))
    html.append(json.loads(progress.content)["html"])

    for each in html:
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in each
        assert "<script>alert" not in each and "<img src=x" not in each


def test_no_key_is_on_any_page(admin_client, chosen, upstream):
    upstream.script(L2, status=401, body={"error": {"message": f"no {CANARY}"}})

    html = activate(admin_client, chosen).content.decode()
    html += admin_client.get(url_of(chosen, "preflight")).content.decode()
    html += admin_client.get(url_of(chosen, "preflight_progress")).content.decode()

    assert CANARY not in html and "[key]" in html


@pytest.mark.parametrize(
    ("codenames", "status"),
    [
        ((), 403),
        (("view_modelpreset", "change_modelpreset"), 403),
        (("force_modelpreset",), 403),
        (("probe_modelpreset",), 200),
        (("activate_modelpreset",), 200),
    ],
)
def test_only_who_may_probe_or_activate_asks_models(
    chosen, upstream, codenames, status
):
    client = member(*codenames)

    for page in ("preflight", "preflight_progress"):
        assert client.get(url_of(chosen, page)).status_code == status
    response = client.post(url_of(chosen, "preflight"), follow=True)

    assert response.status_code == status
    assert len(upstream.requests) == (8 if status == 200 else 0)


def test_who_may_only_probe_is_not_led_to_activate(chosen):
    client = member("probe_modelpreset", "view_modelpreset")

    page = client.get(url_of(chosen, "preflight")).content.decode()
    form = client.get(reverse("admin:brains_modelpreset_change", args=[chosen.pk]))

    assert "Go on to Activate" not in page
    assert url_of(chosen, "preflight") in form.content.decode()


def test_a_check_wants_a_post_with_its_token(
    admin_user, admin_client, chosen, upstream
):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(admin_user)

    assert strict.post(url_of(chosen, "preflight")).status_code == 403
    assert admin_client.get(url_of(chosen, "preflight")).status_code == 200
    assert admin_client.put(url_of(chosen, "preflight")).status_code == 405
    progress = url_of(chosen, "preflight_progress")
    assert admin_client.post(progress).status_code == 405
    assert upstream.requests == [] and not Preflight.objects.exists()


def test_strangers_are_sent_to_the_login(client, chosen):
    for page in ("preflight", "preflight_progress"):
        assert client.get(url_of(chosen, page)).url.startswith("/admin/login/")


def test_a_preset_that_is_gone_is_told(admin_client, chosen):
    page, progress = (url_of(chosen, p) for p in ("preflight", "preflight_progress"))
    chosen.delete()

    response = admin_client.post(page, follow=True)

    assert told(response) == ["That preset is gone. Choose one that is in the list."]
    assert admin_client.get(progress).status_code == 404
