"""The real servers of the embedded models, where `make run` without a key has installed
them: each has its own model and no other."""

import json
import os
import sys
from contextlib import ExitStack

import pytest

from aura_site.embedded_models import CHAT_MODEL, EMBEDDING_MODEL
from aura_site.launch import openmp, packages
from aura_site.launch.addresses import free_ports, wait_until_answers
from aura_site.launch.processes import KEPT_STEPS, Process, Program
from aura_site.launch.tests.asking import ask_once
from tests.isolation import plain
from tests.server import ROOT

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        bool(packages.missing(ROOT / packages.REQUIREMENTS)),
        reason="The embedded models are not installed: `make run` without a key does it.",
    ),
]
MESSAGES = [{"role": "user", "content": "Hello"}]


@pytest.fixture
def url_of(tmp_path):
    """Start the server of a kind, and return its address."""
    with ExitStack() as running:

        def start(kind: str) -> str:
            (port,) = free_ports(1)
            module = f"aura_site.launch.{kind}_server"
            command = (sys.executable, "-m", module, "--port", str(port))
            environment = plain(os.environ) | openmp.environment(tmp_path)
            log = tmp_path / f"{kind}.log"
            program = Program(kind, command, ROOT, environment, log)
            server = running.enter_context(Process(program, KEPT_STEPS))
            health = f"http://127.0.0.1:{port}/health"
            assert wait_until_answers(health, server.has_ended), log.read_text()
            return f"http://127.0.0.1:{port}/v1"

        yield start


def listed(url):
    status, body = ask_once(url, "/models")
    assert status == 200
    return [model["id"] for model in json.loads(body)["data"]]


def refused(url, path, body):
    status, answer = ask_once(url, path, body)
    return status, json.loads(answer)["error"]["code"]


def test_chat_has_its_model_and_no_other(url_of):
    url, path = url_of("chat"), "/chat/completions"
    body = {"messages": MESSAGES, "max_tokens": 4, "model": CHAT_MODEL}

    status, whole = ask_once(url, path, body)
    _, streamed = ask_once(url, path, {**body, "stream": True})

    assert status == 200 and json.loads(whole)["choices"][0]["message"]
    assert streamed.rstrip().endswith(b"data: [DONE]")
    typo = {**body, "model": "smollm2-13m"}
    assert refused(url, path, typo) == (404, "model_not_found")
    assert listed(url) == [CHAT_MODEL]


def test_embeddings_have_their_model_and_no_other(url_of):
    url, path = url_of("embedding"), "/embeddings"

    _, whole = ask_once(url, path, {"input": "Hello", "model": EMBEDDING_MODEL})

    assert len(json.loads(whole)["data"][0]["embedding"]) == 384
    typo = {"input": "Hello", "model": "e5"}
    assert refused(url, path, typo) == (404, "model_not_found")
    assert listed(url) == [EMBEDDING_MODEL]
