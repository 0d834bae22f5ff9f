"""A re-embedding by the embedded models and nothing else: from multilingual-e5-small (384
numbers) to SmolLM2 (576), by a worker that is killed twice. It waits to be asked for, with
--memories=10000: a core does some 10 a second."""

import os
import shutil
import sys
from contextlib import ExitStack

import pytest
import requests

from aura_site.launch import openmp
from aura_site.launch.addresses import free_ports, wait_until_answers
from aura_site.launch.processes import KEPT_STEPS, Process, Program
from brains import activation
from brains.models import ModelPreset
from brains.tests.records import ANN, preset
from cognition.memory.models import MemoryVector
from cognition.memory.space import packed
from cognition.tests.memories import E5, WIDE, keep
from cognition.tests.two_deaths import survive_two_deaths
from tests.isolation import plain
from tests.own_database import own_database
from tests.server import ROOT
from tests.workers import worker_of

pytestmark = pytest.mark.slow
MODULES = (
    "aura_site.launch.embedding_server",
    "aura_site.launch.chat_server",
    "cognition.tests.wide_vectors",
)
BATCH = 64
PATIENCE_S = 3600.0


@pytest.fixture
def count(request):
    """How many memories; `make run` without a key has installed the models."""
    asked: int = request.config.getoption("--memories")
    return asked or pytest.skip("It takes minutes: ask for it with --memories=10000.")


@pytest.fixture
def servers(count, tmp_path):
    """The addresses of the old embedding model, of a model for chat, and of the new one."""
    environment = plain(os.environ) | openmp.environment(tmp_path)
    urls = []
    with ExitStack() as running:
        for module, port in zip(MODULES, free_ports(len(MODULES)), strict=True):
            command = (sys.executable, "-m", module, "--port", str(port))
            log = tmp_path / f"{module}.log"
            program = Program(module, command, ROOT, environment, log)
            server = running.enter_context(Process(program, KEPT_STEPS))
            health = f"http://127.0.0.1:{port}/health"
            assert wait_until_answers(health, server.has_ended), log.read_text()
            urls.append(f"http://127.0.0.1:{port}/v1")
        yield urls


@pytest.fixture
def database(migrated_folder, tmp_path, django_db_blocker):
    """A migrated database that the worker and this test have in common."""
    shutil.copytree(migrated_folder, tmp_path, dirs_exist_ok=True)
    with django_db_blocker.unblock(), own_database("", tmp_path):
        yield


def embed(memories, url):
    """Give each memory the vector of its text."""
    for first in range(0, len(memories), BATCH):
        some = memories[first : first + BATCH]
        texts = [memory.text for memory in some]
        body = {"model": E5.model.partition("/")[2], "input": texts}
        answer = requests.post(f"{url}/embeddings", json=body, timeout=60).json()
        MemoryVector.objects.bulk_create(
            MemoryVector(
                memory=memory,
                person=memory.person,
                model=E5.model,
                dimension=E5.dimension,
                revision=1,
                vector=packed(each["embedding"]),
            )
            for memory, each in zip(some, answer["data"], strict=True)
        )


def test_real_models_re_embed_although_the_worker_dies_twice(
    count, database, servers, tmp_path
):
    old, chat, new = servers
    offline = preset("Offline")
    activation.activate(offline, ANN)
    wide = ModelPreset.objects.create(
        name="Wide",
        slug="wide",
        l1_model=offline.l1_model,
        l2_model=offline.l2_model,
        l3_model=offline.l3_model,
        embedding_model="local/smollm2-135m",
        embedding_dimension=WIDE.dimension,
    )
    memories = keep(count)
    embed(memories, old)
    urls = {
        "AURA_OFFLINE_EMBEDDING_URL": old,
        "AURA_OFFLINE_CHAT_URL": chat,
        "AURA_LOCAL_BASE_URL": new,
    }

    survive_two_deaths(memories, wide, worker_of(tmp_path, urls), PATIENCE_S)
