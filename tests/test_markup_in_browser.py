"""Whatever people, clients and providers may write, Chromium shows as text: no dialog opens,
no script of theirs runs, and nothing violates the Content-Security-Policy."""

import json
from typing import Any

import pytest
import requests
from playwright.sync_api import Dialog

from aura_site.tests.addresses import addresses
from tests.browser import sign_in, tab
from tests.server import AuraServer
from tests.upstream import FakeUpstream

pytestmark = [pytest.mark.slow, pytest.mark.fault("E11")]

MARKUP = (
    "<script>alert(1);window.ran=1</script>",
    "<img src=x onerror=alert(2)>",
    "\"'><svg onload=alert(3)>",
    "javascript:alert(4)",
    "{{ 7|add:7 }}{% now 'Y' %}",
    "</textarea></script><script>alert(5)</script>",
)
ALL = " ".join(MARKUP)
# Put where forms would refuse them: a row may come from an older version, or by hand.
FILL = """
import json
from datetime import timedelta
from decimal import Decimal
from django.contrib.auth.models import Group, User
from brains.canary import changes as canary_changes
from brains import activation, staff_keys
from brains.activation import Author
from brains.models import ModelPreset, Schedule
from brains.staff_keys import StaffKey
from gateway import keys
from gateway.models import ApiKey
markup, every = json.loads({markup!r}), {every!r}
root = User.objects.get(username="admin")
for number, text in enumerate(markup):
    odd = ModelPreset(name=f"{{number}} {{text}}"[:80], slug=f"odd-{{number}}", description=every)
    odd.l1_model = odd.l2_fallback = f"a/{{text}}"[:200]
    odd.save()
    who = Author(text, user=root, reason=f"{{text}} {{every}}"[:200])
    activation.activate(odd, who, trial=timedelta(minutes=5) if number == 2 else None)
    keys.keep(ApiKey(name=text, created_by=root), keys.new_key())
    staff_keys.make(StaffKey(name=text, scopes="read", created_by=root))
    Group.objects.create(name=text)
    User.objects.create(username=text, first_name=text, last_name=text, is_staff=True)
    Schedule.objects.create(preset=odd, days="mon", begins="10:00", ends="11:00")
canary_changes.start(ModelPreset.objects.get(slug="odd-0"), Decimal(10), who)
"""


@pytest.fixture(scope="module")
def upstream():
    with FakeUpstream() as upstream:
        upstream.script(status=400, body={"error": {"message": ALL, "code": ALL}})
        yield upstream


@pytest.fixture(scope="module")
def server(upstream: FakeUpstream):
    server = AuraServer(
        {
            "OPENROUTER_BASE_URL": upstream.url,
            "OPENROUTER_API_KEY": "tests-only",
            "AURA_PREFLIGHT": "on",
            "AURA_L1_MODEL": MARKUP[0],
            "AURA_L2_FALLBACK": MARKUP[1],
            "WEB_CONCURRENCY": "1",
        },
        workers=1,
    )
    server.dotenv.write_text(f"AURA_L3_MODEL={MARKUP[2]}\n{MARKUP[0]}\nLOG_LEVEL={ALL}")
    with server:
        code = FILL.format(markup=json.dumps(MARKUP), every=ALL)
        server.manage("shell", "-v0", "-c", code)
        call(server)
        yield server


def call(server: AuraServer) -> None:
    """Call as a client does that writes markup wherever it may."""
    for text in MARKUP:
        for model in ("aura/l1", text):
            body: dict[str, Any] = {"model": model, "user": text, "messages": []}
            body["messages"].append({"role": "user", "content": text})
            headers = {"Authorization": f"Bearer {server.key}"}
            headers |= {"User-Agent": text, "Referer": text}
            url = f"{server.url}/v1/chat/completions"
            answer = requests.post(url, json=body, headers=headers, timeout=20)
            assert answer.status_code in (400, 404)


# Those of applications that show nothing of what Aura's people write, and a file to keep.
QUIET = (
    *("/api/", "/metrics", "/status/", "/admin/logout/", "/admin/jsi18n/", "/admin/r/"),
    *(
        "/admin/autocomplete/",
        "/admin/django_tasks",
        "/admin/brains/modelpreset/export/",
    ),
)
# Which row of each table has markup, where it is not the first.
ODD = {"modelpreset/1/": "modelpreset/7/", "apikey/1/": "apikey/2/"}
ODD |= {"user/1/": "user/2/", "group/1/": "group/4/"}
SEARCH = "?q=%3Cscript%3Ealert(6)%3C/script%3E"


def pages() -> list[str]:
    """Every page for people, and those that repeat what is in their address."""
    every = [page for page in addresses() if not page.startswith(QUIET)]
    for first, odd in ODD.items():
        every = [page.replace(first, odd) for page in every]
    searched = [page + SEARCH for page in every if page.endswith(("key/", "preset/"))]
    return [*every, *searched, f"/{SEARCH[3:]}/"]


def test_markup_is_shown_as_text_on_every_page(browser, server, measured):
    with tab(browser, signed_in=sign_in(browser, server)) as opened:
        page, dialogs = opened.page, list[str]()

        def note(dialog: Dialog) -> None:
            dialogs.append(dialog.message)
            dialog.dismiss()

        page.on("dialog", note)
        page.add_init_script(
            "document.addEventListener('securitypolicyviolation', "
            "e => console.error('violated ' + e.violatedDirective))"
        )
        seen, ran = 0, list[str]()
        for path in pages():
            if page.request.get(server.url + path).status == 405:
                continue  # it has no page
            opened.visit(server.url + path)
            seen += page.locator("body").inner_text().count("alert(")
            if page.evaluate("window.ran"):
                ran.append(path)
        assert (dialogs, ran) == ([], [])
        # Pages that are not there, or not to be asked by GET, answer so.
        statuses = ("403 for", "404 for", "405 for", "Failed to load resource")
        heard = [c for c in opened.complaints if not any(s in c for s in statuses)]
        assert heard == []
        assert seen > 200, "the markup was not even shown"
        measured(
            f"{len(pages())} pages, markup shown {seen} times: 0 dialogs, 0 violations"
        )


def test_a_script_that_a_page_had_would_be_stopped_and_heard(browser, server):
    with tab(browser) as opened:
        opened.visit(server.url)
        opened.page.evaluate(
            "const s = document.createElement('script'); s.textContent = 'window.ran = 1';"
            "document.body.append(s)"
        )
        assert opened.page.evaluate("window.ran") is None
        assert "Content Security Policy" in " ".join(opened.complaints)
