"""Kept exchanges in the admin: the list, the texts of one as plain text, and the button that
deletes all."""

import pytest
from django.urls import reverse

from brains.tests.operators import member, read, told
from gateway.kept.models import KeptExchange
from gateway.kept.sealing import key_file
from gateway.kept.texts import SIZE_MAX
from gateway.tests.kept import CANARY, kept

pytestmark = pytest.mark.django_db

LIST = "admin:gateway_keptexchange_changelist"
SCRIPT = "<script>alert(1)</script>"


@pytest.fixture(autouse=True)
def _keeping(settings, tmp_path):
    settings.AURA_DATA_DIR = tmp_path
    settings.AURA_KEEP_PROMPTS = True


@pytest.fixture
def client():
    return member("view_keptexchange", "delete_keptexchange")


def page_of(client, row):
    return client.get(reverse("admin:gateway_keptexchange_change", args=[row.pk]))


def test_the_list_has_figures_and_no_texts(client):
    kept(asked={"messages": [{"role": "user", "content": "x" * SIZE_MAX}]})
    text = read(client.get(reverse(LIST)))
    assert "Exchanges are kept for 7 days, encrypted (AURA_KEEP_PROMPTS)." in text
    assert "deepseek/deepseek-chat" in text and "cut, not rehearsed" in text
    assert CANARY not in text


def test_the_page_of_one_has_its_texts(client):
    text = read(page_of(client, kept(reply="Forty-two.")))
    assert CANARY in text and "Forty-two." in text and "temperature=0.5" in text


def test_its_texts_are_plain_text(client):
    messages = [{"role": SCRIPT, "content": [{"type": "text", "text": SCRIPT}]}]
    row = kept(reply=SCRIPT, asked={"messages": messages})
    html = page_of(client, row).content.decode()
    assert SCRIPT not in html and html.count("&lt;script&gt;alert") == 3


def test_parts_that_are_no_text_are_named(client):
    image = {"type": "image_url", "image_url": {"url": "data:x"}}
    row = kept(asked={"messages": [{"role": "user", "content": [image]}]})
    assert "[image_url]" in read(page_of(client, row))


def test_without_its_key_one_cannot_be_read_and_says_so(client):
    row = kept()
    key_file().unlink()
    assert "The key is gone: it cannot be read." in read(page_of(client, row))


def test_the_button_deletes_all(client):
    kept(), kept()
    assert "Delete 2 kept exchanges" in client.get(reverse(LIST)).content.decode()
    done = client.post(reverse("admin:gateway_keptexchange_delete_all"), follow=True)
    assert told(done) == ["2 kept exchanges deleted."]
    assert not KeptExchange.objects.exists()


def test_while_nothing_is_kept_the_list_says_so(client, settings):
    settings.AURA_KEEP_PROMPTS = False
    kept()
    text = read(client.get(reverse(LIST)))
    assert "Nothing is kept: AURA_KEEP_PROMPTS is off." in text
    assert "goes within minutes" in text


@pytest.mark.parametrize("is_on", [True, False])
def test_the_status_page_and_the_first_page_say_it(settings, is_on):
    settings.AURA_KEEP_PROMPTS = is_on
    settings.AURA_KEEP_PROMPTS_DAYS = 1
    said = "Exchanges are kept for 1 day, encrypted (AURA_KEEP_PROMPTS)."
    for address in ("home", "admin:index"):
        text = read(member(name=address).get(reverse(address)))
        assert (said in text) is is_on
