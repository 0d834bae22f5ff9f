"""The commands of docs/api.md, done one after the other as they stand, and what it says of doors
and of files."""

import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import yaml
from django.contrib.auth.models import User
from django.test import Client

from brains.activation import Author
from brains.api import canaries, changes, presets, reading, schedules
from brains.as_code.applying import import_presets
from brains.as_code.document import read_document
from brains.as_code.entries import NAMES
from brains.as_code.plan import Options
from brains.staff_keys import Scope
from brains.tests.scripts import ALL_PERMISSIONS, Script, person
from cognition.memory.reembedding import api as reembedding
from tests.documents import ROOT
from tests.isolation import plain
from tests.server import AuraServer

database = pytest.mark.django_db
PAGE = (ROOT / "docs" / "api.md").read_text()
HOST = "http://127.0.0.1:8080"


def curls():
    blocks = re.findall(r"^```sh\n(.*?)^```", PAGE, re.M | re.S)
    return [block.replace("\\\n", " ") for block in blocks]


class Curl:
    """Does what curl would, against Django's test client."""

    def __init__(self, folder: Path, key: str) -> None:
        self.folder, self.key = folder, key
        self.headers: dict[str, str] = {}
        self.out = ""

    def __call__(self, command: str):
        text = command.replace("$AURA", HOST).replace("$KEY", self.key)
        name, *words = shlex.split(text)
        assert name == "curl"
        self.method, self.body, self.headers, self.out = "GET", b"", {}, ""
        while words:
            self._take(words)
        path = self.url.removeprefix(HOST)
        assert urlsplit(self.url).path.startswith("/api/")
        answer = Client(enforce_csrf_checks=True).generic(
            self.method,
            path,
            self.body,
            content_type=self.headers.pop("Content-Type", ""),
            headers=self.headers,
        )
        if self.out:
            (self.folder / self.out).write_bytes(answer.content)
        return answer

    def _take(self, words: list[str]) -> None:
        word = words.pop(0)
        if word == "-X":
            self.method = words.pop(0)
        elif word == "-H":
            name, _, value = words.pop(0).partition(": ")
            self.headers[name] = value
        elif word in ("-d", "--data-binary"):
            self._send(words.pop(0))
        elif word == "-o":
            self.out = words.pop(0)
        elif word not in ("-sS", "--fail-with-body"):
            assert word.startswith(HOST), word
            self.url = word

    def _send(self, data: str) -> None:
        self.method = "POST" if self.method == "GET" else self.method
        is_file = data.startswith("@")
        self.body = (self.folder / data[1:]).read_bytes() if is_file else data.encode()


@database
def test_every_command_of_the_page_does_what_it_says(tmp_path):
    curl = Curl(tmp_path, Script(user=User.objects.create_superuser("root")).key)

    answers = {command.split('"')[1]: curl(command) for command in curls()}

    bad = {url: a.content for url, a in answers.items() if a.status_code >= 300}
    assert not bad and len(answers) >= 10
    assert answers["$AURA/api/import?dry_run=1"].json()["dry_run"] is True
    assert answers["$AURA/api/confirm"].json()["changed"] is True
    assert len(answers["$AURA/api/history?limit=5"].json()["revisions"]) >= 3


@database
def test_the_file_of_the_page_can_be_imported():
    (text,) = re.findall(r"^```yaml\n(version.*?)^```", PAGE, re.M | re.S)

    done = import_presets(read_document(text.encode()), Author("ann"), Options())

    assert done.is_applied


def test_the_page_names_every_field_of_a_preset():
    assert [name for name in NAMES if f"`{name}`" not in PAGE] == []


DOORS = {
    ("GET", "/api/presets"): presets.VIEW,
    ("GET", "/api/presets/<slug>"): presets.VIEW,
    ("PUT", "/api/presets/<slug>"): presets.CHANGE,
    ("DELETE", "/api/presets/<slug>"): presets.DELETE,
    ("POST", "/api/presets/<slug>/preflight"): presets.PROBE,
    ("GET", "/api/presets/<slug>/preflight"): presets.VIEW,
    ("GET", "/api/export"): presets.VIEW,
    ("POST", "/api/import?dry_run=1"): presets.VIEW,
    ("POST", "/api/import"): presets.CHANGE,
    ("POST", "/api/activate"): changes.ACTIVATE,
    ("POST", "/api/deactivate"): changes.ACTIVATE,
    ("POST", "/api/confirm"): changes.CONFIRM,
    ("POST", "/api/revert"): changes.ROLL_BACK,
    ("GET", "/api/canary"): canaries.VIEW,
    ("POST", "/api/canary"): canaries.CHANGE,
    ("PATCH", "/api/canary"): canaries.CHANGE,
    ("POST", "/api/canary/promote"): canaries.CHANGE,
    ("POST", "/api/canary/abort"): canaries.CHANGE,
    ("GET", "/api/schedules"): schedules.VIEW,
    ("POST", "/api/schedules"): schedules.ADD,
    ("DELETE", "/api/schedules/<id>"): schedules.DELETE,
    ("POST", "/api/reembedding"): reembedding.CHANGE,
    ("POST", "/api/reembedding/pause"): reembedding.CHANGE,
    ("POST", "/api/reembedding/resume"): reembedding.CHANGE,
    ("POST", "/api/reembedding/cancel"): reembedding.CHANGE,
    ("POST", "/api/roll-back"): changes.ROLL_BACK,
    ("GET", "/api/history?limit=50"): reading.HISTORY,
    ("GET", "/api/selection"): reading.VIEW,
}


def test_the_table_of_doors_says_what_each_needs():
    rows = re.findall(
        r"^\| `(\w+) (/api/\S+)` \| .* \| (\w+) \| `(\w+)` \|$", PAGE, re.M
    )

    told = {(m, path): (scope, permission) for m, path, scope, permission in rows}
    assert told == {
        door: (need.scope, need.permission.removeprefix("brains."))
        for door, need in DOORS.items()
    }


def test_the_steps_of_ci_are_yaml_and_curl():
    (text,) = re.findall(r"^```yaml\n(- name.*?)^```", PAGE, re.M | re.S)

    steps = yaml.safe_load(text)

    assert all(step["run"].startswith("curl ") for step in steps)


@database
def test_a_read_key_is_enough_for_a_pull_request(tmp_path):
    key = Script(Scope.READ, person(*ALL_PERMISSIONS)).key
    curl = Curl(tmp_path, key)
    curl(curls()[0])

    assert curl(curls()[1]).status_code == 200
    assert curl(curls()[2]).status_code == 403


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("curl"), reason="curl is not installed here.")
def test_curl_does_every_command_against_a_server(tmp_path):
    with AuraServer(workers=1) as server:
        scopes = ",".join(Scope.values)
        key = server.manage("create_staff_key", "docs", "--scopes", scopes).strip()
        done = subprocess.run(
            ["sh", "-e", "-c", "\n".join(curls())],
            cwd=tmp_path,
            env=plain(os.environ) | {"AURA": server.url, "KEY": key},
            capture_output=True,
            text=True,
            timeout=60,
        )
        log = server.log()
    assert done.returncode == 0, done.stdout + done.stderr
    assert all(f'"action": "{a}"' in done.stdout for a in ("confirm", "deactivate"))
    assert key not in log and "Traceback" not in log
