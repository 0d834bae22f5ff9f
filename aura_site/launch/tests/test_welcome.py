"""What is printed once Aura is up."""

import ast
import json
import shlex

from aura_site.launch.welcome import Welcome

URL = "http://127.0.0.1:8080"
KEY = "aura_0123456789abcdef0123456789abcdef"


def test_it_names_the_status_page_and_the_admin():
    text = Welcome(URL).text()
    assert f"{URL}/\n" in text
    assert f"{URL}/admin/   (user: admin)" in text


def test_password_made_just_now_is_pointed_to():
    assert "(user: admin, password: above)" in Welcome(URL, KEY, True).text()


def test_key_made_just_now_is_in_both_snippets():
    text = Welcome(URL, KEY).text()
    assert f"Bearer {KEY}" in text and f'api_key="{KEY}"' in text
    assert "AURA_API_KEY" not in text


def test_older_key_is_a_placeholder_with_the_way_to_a_new_one():
    text = Welcome(URL).text()
    assert 'Bearer $AURA_API_KEY"' in text
    assert 'api_key=os.environ["AURA_API_KEY"]' in text
    assert "manage.py create_api_key NAME" in text


def test_curl_can_be_pasted():
    words = shlex.split(_between(Welcome(URL, KEY).text(), "  curl", "\n\n"))
    assert f"{URL}/v1/chat/completions" in words
    body = json.loads(words[words.index("-d") + 1])
    assert body["model"] == "aura/l3" and body["stream"] is True


def test_python_can_be_pasted():
    for welcome in (Welcome(URL), Welcome(URL, KEY)):
        text = _between(welcome.text(), "openai):\n\n", "\n\n")
        lines = [line.removeprefix("  ") for line in text.splitlines()]
        ast.parse("\n".join(lines))
        assert any(f'base_url="{URL}/v1"' in line for line in lines)


def _between(text: str, start: str, stop: str) -> str:
    begin = text.index(start) + len(start)
    return text[begin : text.index(stop, begin)]
