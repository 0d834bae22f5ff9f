"""Where the embedded models of `make run` are, as other processes find it; and their names."""

import contextlib
import fcntl
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from aura_site.dotenv import read_dotenv
from aura_site.embedded_models import (
    CHAT_MODEL,
    EMBEDDING_MODEL,
    FILE,
    Ports,
    announced,
    started,
)
from aura_site.environment import Environment
from aura_site.model_servers import model_servers
from brains.models import ModelPreset
from tests.documents import read_documents

ROOT = Path(__file__).resolve().parents[2]
PORTS = Ports(40_001, 40_002)
URLS = ("http://127.0.0.1:40001/v1", "http://127.0.0.1:40002/v1")
ANNOUNCES = """
import sys
from pathlib import Path
from aura_site.embedded_models import Ports, announced
with announced(Path(sys.argv[1]), Ports(40_001, 40_002)):
    print("announced", flush=True)
    sys.stdin.read()
"""


@contextlib.contextmanager
def locked(path: Path, text: str):
    """A file as a launcher holds it, with whatever in it."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.write(text)
        file.flush()
        yield


def addresses(ports, **variables):
    env = Environment(variables, read_dotenv(Path("/nonexistent/.env")))
    offline = model_servers(env, ports)["offline"]
    return offline.base_url, offline.embedding_base_url


def test_they_are_found_until_they_end(tmp_path):
    with announced(tmp_path, PORTS):
        assert started(tmp_path) == PORTS
        assert started(tmp_path) == PORTS  # whoever looks takes nothing away
    assert started(tmp_path) is None
    assert list(tmp_path.iterdir()) == []


def test_the_file_is_for_its_owner_alone(tmp_path):
    with announced(tmp_path, PORTS):
        assert (tmp_path / FILE).stat().st_mode & 0o777 == 0o600


def test_where_nothing_was_started_nothing_is_found(tmp_path):
    assert started(tmp_path) is None
    assert started(tmp_path / "none") is None


def test_what_a_killed_launcher_left_behind_is_not_believed(tmp_path):
    process = subprocess.Popen(
        [sys.executable, "-c", ANNOUNCES, str(tmp_path)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert process.stdin and process.stdout
    with process.stdin, process.stdout:
        assert process.stdout.readline() == b"announced\n"
        assert started(tmp_path) == PORTS
        process.send_signal(signal.SIGKILL)
        process.wait(10)
    assert (tmp_path / FILE).exists()
    assert started(tmp_path) is None
    with announced(tmp_path, Ports(1, 2)):
        assert started(tmp_path) == Ports(1, 2)


def test_the_end_of_one_launcher_leaves_what_another_wrote(tmp_path):
    with contextlib.ExitStack() as second:
        with announced(tmp_path, PORTS):
            second.enter_context(announced(tmp_path, Ports(1, 2)))
        assert started(tmp_path) == Ports(1, 2)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[40001, 40002]",
        '{"chat": 40001}',
        '{"chat": 40001, "embedding": 0}',
        '{"chat": 40001, "embedding": 65536}',
        '{"chat": true, "embedding": 40002}',
        '{"chat": "40001@example.com:80", "embedding": 40002}',
        '{"chat": 40001, "embedding": 40002' + " " * 300 + "}",
        "[" * 1_000,
    ],
)
def test_only_two_ports_are_taken_from_it(tmp_path, text):
    with locked(tmp_path / FILE, text):
        assert started(tmp_path) is None


def test_a_folder_that_does_not_take_it_is_an_error(tmp_path):
    (tmp_path / FILE).mkdir()
    with pytest.raises(OSError), announced(tmp_path, PORTS):
        pass
    assert os.listdir(tmp_path) == [FILE]


def test_they_are_taken_where_no_variable_is_set():
    assert addresses(PORTS) == URLS
    assert addresses(PORTS, AURA_OFFLINE_CHAT_URL=" ") == URLS


def test_a_variable_goes_before_them():
    theirs = "http://10.0.0.1:9/v1"
    assert addresses(PORTS, AURA_OFFLINE_CHAT_URL=theirs) == (theirs, URLS[1])
    assert addresses(PORTS, AURA_OFFLINE_EMBEDDING_URL=theirs) == (URLS[0], theirs)


@pytest.mark.django_db
def test_all_that_is_written_of_them_names_these_two():
    texts = [text for _, text in read_documents().items()]
    texts += [str(vars(preset)) for preset in ModelPreset.objects.all()]
    named = {
        name
        for text in texts
        for name in re.findall(r"(?<![\w/.])offline/([\w.-]+)", text)
    }
    assert named == {CHAT_MODEL, EMBEDDING_MODEL}
