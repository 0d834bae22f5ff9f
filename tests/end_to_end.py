"""`python -m tests.end_to_end [turns]`: what a new user does, for real: `make run` with no key
and no network, the official client against the embedded models, a swap in the admin, a talk of
so many turns in the playground, Ctrl-C."""

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import openai
import requests

from tests.browser import chromium, sign_in_as
from tests.isolation import plain
from tests.long_talk import Stage, long_talk
from tests.ports import free_port
from tests.waiting import wait_until

ROOT = Path(__file__).resolve().parent.parent
MESSAGES: list[Any] = [{"role": "user", "content": "What is the capital of France?"}]
TURNS = 4  # of a talk; 20 take minutes, for L2 thinks of each on the same core
FIRST_START_S, NEXT_START_S = 300.0, 30.0
BOBS_PASSWORD = "end-to-end-bobs"
TWIN_AND_BOB = f"""
from django.contrib.auth.models import User
from brains.activation import Author, save_preset
from brains.models import ModelPreset
twin = ModelPreset.objects.get(slug="offline")
twin.pk, twin.name, twin.slug = None, "Twin", "twin"
twin._state.adding = True
save_preset(twin, Author("end to end"))
User.objects.create_superuser("bob", password={BOBS_PASSWORD!r})
"""
TYPO = """
from brains.activation import Author, save_preset
from brains.models import ModelPreset
typo = ModelPreset.objects.get(slug="offline")
typo.pk, typo.name, typo.slug = None, "Typo", "typo"
typo.l3_model, typo._state.adding = "offline/smollm2-13m", True
save_preset(typo, Author("end to end"))
"""


def main(turns: int) -> int:
    """Walk through it, with a talk of so many turns; an AssertionError or TimeoutError says
    where it went wrong."""
    folder = Path(tempfile.mkdtemp(prefix="aura-e2e-"))
    try:
        with running(folder, FIRST_START_S) as aura:
            print(f"First start: {aura.started_s:.1f} s")
            talk(aura)
            swap(aura)
            activate_elsewhere(aura)
            converse(aura, turns)
        with running(folder, NEXT_START_S) as again:
            print(f"Second start: {again.started_s:.1f} s")
            assert "shown once" not in again.output(), "it made new credentials"
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print("End to end: all is well.")
    return 0


class Running:
    """An Aura that `make run` started, and what it printed."""

    def __init__(self, folder: Path, process: "subprocess.Popen[bytes]", port: int):
        self._log, self.process = folder / "run.log", process
        self.environment: dict[str, str] = {}
        self.url = f"http://127.0.0.1:{port}"
        self.started_s = 0.0

    def output(self) -> str:
        return self._log.read_text(errors="replace")

    def is_up(self) -> bool:
        assert self.process.poll() is None, f"make run ended:\n{self.output()}"
        return "Aura is running." in self.output()

    def found(self, pattern: str) -> str:
        match = re.search(pattern, self.output())
        assert match, f"{pattern} is not in:\n{self.output()}"
        return match[1]


@contextlib.contextmanager
def running(folder: Path, start_s: float) -> Iterator[Running]:
    """Run `make run`; leave it with Ctrl-C, and see that all of it is gone."""
    port = free_port()
    environment = plain(os.environ) | {
        "PORT": str(port),
        "AURA_DATA_DIR": str(folder / "data"),
        "AURA_ENV_FILE": str(folder / ".env"),
    }
    # Package indexes and certificates are the machine's own business.
    environment |= {
        k: v for k, v in os.environ.items() if k.startswith(("PIP_", "SSL_"))
    }
    with (folder / "run.log").open("wb") as log:
        process = subprocess.Popen(
            ["make", "run"], cwd=ROOT, env=environment, stdin=subprocess.DEVNULL,
            stdout=log, stderr=log, start_new_session=True,
        )  # fmt: skip
    aura = Running(folder, process, port)
    aura.environment = environment
    try:
        aura.started_s = wait_until(aura.is_up, "Aura to run", start_s, every_s=0.1)
        yield aura
        os.killpg(process.pid, signal.SIGINT)
        process.wait(timeout=45)
        wait_until(lambda: not mentions(str(folder)), "its processes to end", 10)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)


def talk(aura: Running) -> None:
    """Stream, plain answer and vector, through the official client."""
    client = openai.OpenAI(
        base_url=f"{aura.url}/v1",
        api_key=aura.found(r"(aura_[\w-]{20,})"),
        max_retries=0,
    )
    began = time.monotonic()
    stream: Any = client.chat.completions.create(
        model="aura/l3", messages=MESSAGES, stream=True, max_tokens=32
    )
    pieces = [c.choices[0].delta.content or "" for c in stream if c.choices]
    assert len([p for p in pieces if p]) > 1, f"no stream of words: {pieces}"
    print(f"Streamed in {time.monotonic() - began:.1f} s: {''.join(pieces)!r}")

    plain_answer = client.chat.completions.with_raw_response.create(
        model="aura/l1", messages=MESSAGES, max_tokens=32
    )
    stamps = plain_answer.headers
    assert plain_answer.parse().choices[0].message.content
    assert stamps["x-aura-preset"] == "Offline", stamps
    assert stamps["x-aura-model"] == "offline/smollm2-135m", stamps
    for encoding in ("float", "base64"):
        answer = client.embeddings.create(
            model="aura/embedding", input=["one", "two"], encoding_format=encoding
        )
        assert len(answer.data) == 2, answer
    vector = client.embeddings.create(model="aura/embedding", input="one")
    assert len(vector.data[0].embedding) == 384
    names = {model.id for model in client.models.list()}
    assert {"aura/l1", "aura/l3", "aura/embedding"} <= names


def swap(aura: Running) -> None:
    """Activate Budget in the admin: its models want a key that is not set, and the answer
    says which. Then go back."""
    key = aura.found(r"(aura_[\w-]{20,})")
    admin = sign_in(aura)
    assert ask(aura, key).headers["X-Aura-Preset"] == "Offline"
    for name, status in (("Budget", 503), ("Offline", 200)):
        activate(admin, aura, name, is_forced=status != 200)
        waited = wait_until(partial(serves, aura, name), f"{name} to serve", 5)
        answer = ask(aura, key)
        print(f"{name} serves after {waited:.2f} s: {answer.status_code}")
        assert answer.status_code == status, answer.text
        assert status == 200 or "OPENROUTER_API_KEY" in answer.text


def activate_elsewhere(aura: Running) -> None:
    """In another terminal, which has none of its variables, a command asks the embedded
    models, and is told of one that is not there."""
    manage(aura, "deactivate_preset")
    manage(aura, "activate_preset", "Offline")
    wait_until(partial(serves, aura, "Offline"), "Offline to serve", 5)
    manage(aura, "shell", "-c", TYPO)
    refused = command(aura, "activate_preset", "Typo")
    assert refused.returncode, refused.stdout
    assert "There is no model 'smollm2-13m' here" in refused.stderr, refused.stderr
    print("Activated and refused from another terminal.")


def converse(aura: Running, turns: int) -> None:
    """Talk in the playground, with a swap to a twin of Offline in the middle."""
    manage(aura, "shell", "-c", TWIN_AND_BOB)
    password = aura.found(r"password:? +(\S+)")
    began = time.monotonic()
    with chromium() as browser:
        stage = Stage(
            url=aura.url,
            ada=sign_in_as(browser, aura.url, "admin", password),
            bob=sign_in_as(browser, aura.url, "bob", BOBS_PASSWORD),
            swap=lambda: to_twin(aura),
            before="Offline · ",
            after="Twin · ",
            reflection_ms=120_000,
            turns=turns,
        )
        seen = long_talk(browser, stage)
    reacted = sum(bool(turn.instinct) for turn in seen)
    took = time.monotonic() - began
    print(f"{len(seen)} turns in {took:.0f} s; L1 reacted in time to {reacted}.")


def to_twin(aura: Running) -> None:
    manage(aura, "activate_preset", "Twin", "--force", "--reason=end to end")
    wait_until(partial(serves, aura, "Twin"), "Twin to serve", 5)


def manage(aura: Running, *arguments: str) -> None:
    done = command(aura, *arguments)
    assert done.returncode == 0, f"{arguments}: {done.stdout}{done.stderr}"


def command(aura: Running, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT, env=aura.environment, capture_output=True, text=True, timeout=60,
    )  # fmt: skip


def sign_in(aura: Running) -> requests.Session:
    session = requests.Session()
    login = f"{aura.url}/admin/login/"
    token = form_token(session.get(login, timeout=10).text)
    fields = {"username": "admin", "password": aura.found(r"password:? +(\S+)")}
    fields["csrfmiddlewaretoken"] = token
    answer = session.post(login, data=fields, timeout=10, allow_redirects=False)
    assert answer.status_code == 302, "the printed password does not open the admin"
    return session


def activate(
    session: requests.Session, aura: Running, name: str, *, is_forced: bool
) -> None:
    """Press Activate in the list, then confirm, as a person would. Where a model cannot
    answer that is refused, until it is forced."""
    page = session.get(f"{aura.url}/admin/brains/modelpreset/", timeout=10).text
    rows = re.findall(r'href="([^"]*/activate/)"[^>]*>(?:[^<]|<(?!/a))*', page)
    row = next(
        link for link in rows if name in session.get(aura.url + link, timeout=10).text
    )
    confirm = session.get(aura.url + row, timeout=10).text
    fields = dict(
        re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', confirm)
    )
    answer = session.post(aura.url + row, data=fields, timeout=60)
    if is_forced:
        assert "Nothing was activated." in answer.text, answer.text[-2000:]
        fields |= {"force": "1", "reason": "end to end"}
        answer = session.post(aura.url + row, data=fields, timeout=10)
    assert f"{name} is live" in answer.text, answer.text[-2000:]


def form_token(page: str) -> str:
    match = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    assert match, page
    return match[1]


def ask(aura: Running, key: str) -> requests.Response:
    body = {"model": "aura/l3", "messages": MESSAGES, "max_tokens": 4}
    headers = {"Authorization": f"Bearer {key}"}
    url = f"{aura.url}/v1/chat/completions"
    return requests.post(url, json=body, headers=headers, timeout=60)


def serves(aura: Running, name: str) -> bool:
    """Say whether eight connections, so both workers, all tell of preset `name`."""
    answers = [requests.get(f"{aura.url}/health", timeout=5) for _ in range(8)]
    return {answer.json()["preset"] for answer in answers} == {name}


def mentions(text: str) -> list[str]:
    """Return the processes whose environment or arguments name `text`."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            seen = (folder / "environ").read_bytes() + (folder / "cmdline").read_bytes()
            if text.encode() in seen and int(folder.name) != os.getpid():
                found.append(folder.name)
    return found


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if sys.argv[1:] else TURNS))
