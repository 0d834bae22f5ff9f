"""Who stands beside Aura: nginx and three gateways, where each was found or how to install it,
and how it is set up. None is given work that it does not do for itself."""

import os
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from string import Template

from bench.gateways import KEY, Gateway, find_program, program_environment
from bench.programs import run
from bench.upstream import UPSTREAM_KEY, Upstream
from tests.ports import free_port

CONFIGS = Path(__file__).with_name("peers")
_VERSION_S = 60


@dataclass(frozen=True)
class Peer:
    """A gateway that is not ours. What begins with $ is filled in, here and in `config`, a
    file of peers/: $config, $folder, $port, $key, $upstream_port, $upstream_key."""

    name: str
    title: str
    does: str
    install: str
    config: str
    arguments: str
    version_arguments: str
    environment: Mapping[str, str] = field(default_factory=dict)
    model: str = "aura/l3"
    embedding_model: str = "aura/embedding"
    url: str = "http://127.0.0.1:$port/v1"
    url_in_log: str = ""

    @property
    def variable(self) -> str:
        """The variable that says which program to run."""
        return f"BENCH_{self.name.upper()}"


NGINX = Peer(
    name="nginx",
    title="nginx",
    does="passes bytes on, puts the upstream's key in",
    install="apt-get install nginx-light",
    config="nginx.conf",
    arguments="-p $folder -c $config",
    version_arguments="-v",
)
LITELLM = Peer(
    name="litellm",
    title="LiteLLM",
    does="checks one key, parses and converts; no database, records, limits or retries",
    install="python3 -m venv /tmp/litellm && /tmp/litellm/bin/pip install 'litellm[proxy]' "
    "(not 1.82.7, 1.82.8 or 1.107.0); BENCH_LITELLM=/tmp/litellm/bin/litellm",
    config="litellm.yaml",
    arguments="--config $config --host 127.0.0.1 --port $port --num_workers 1",
    version_arguments="--version",
    environment={
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",
        "LITELLM_LOG": "ERROR",
        "LITELLM_MODE": "PRODUCTION",
        "NO_DOCS": "True",
    },
)
FERROGW = Peer(
    name="ferrogw",
    title="ferrogw",
    does="checks one key, parses; no records, limits or retries, logs errors only",
    install="python3 -m venv /tmp/ferrogw && /tmp/ferrogw/bin/pip install ferrogw; "
    "BENCH_FERROGW=/tmp/ferrogw/bin/ferrogw",
    config="ferrogw.yaml",
    arguments="serve",
    version_arguments="version",
    environment={
        "GATEWAY_CONFIG": "$config",
        "MASTER_KEY": "$key",
        "OPENAI_API_KEY": "$upstream_key",
        "OPENAI_BASE_URL": "http://127.0.0.1:$upstream_port/v1",
        "PORT": "$port",
        "LOG_LEVEL": "error",
        "RATE_LIMIT_RPS": "0",
    },
)
TENSORZERO = Peer(
    name="tensorzero",
    title="TensorZero",
    does="parses and converts; no key, records or limits; embedded in a Python process",
    install="python3 -m venv /tmp/tensorzero && /tmp/tensorzero/bin/pip install tensorzero "
    "openai; BENCH_TENSORZERO=/tmp/tensorzero/bin/python",
    config="tensorzero.toml",
    arguments=f"{CONFIGS / 'tensorzero_embedded.py'} $config",
    version_arguments="-c 'import importlib.metadata as m; print(m.version(\"tensorzero\"))'",
    environment={"UPSTREAM_KEY": "$upstream_key"},
    model="tensorzero::model_name::l3",
    embedding_model="tensorzero::embedding_model_name::embedding",
    url="",
    url_in_log=r"serves (http://\S+?)/?\s",
)
PEERS = (NGINX, LITELLM, FERROGW, TENSORZERO)


def program_of(peer: Peer, named: Mapping[str, str]) -> list[str]:
    """Return the command that runs the peer: as `named`, else as its variable says, else as
    found; [] for none."""
    said = named.get(peer.name) or os.environ.get(peer.variable)
    if said:
        return shlex.split(said)
    if peer is TENSORZERO:  # a library: only a Python can be found to have it
        return ["python3"] if find_spec("tensorzero") else []
    found = find_program(peer.name)
    return [found] if found else []


def gateway(
    peer: Peer, program: list[str], upstream: Upstream, folder: Path
) -> Gateway:
    """Return the peer, ready to be started, with its configuration in `folder`."""
    values = {
        "config": str(folder / peer.config),
        "folder": str(folder),
        "port": str(free_port()),
        "key": KEY,
        "upstream_key": UPSTREAM_KEY,
        "upstream_port": upstream.url.rpartition(":")[2],
    }
    text = (CONFIGS / peer.config).read_text()
    (folder / peer.config).write_text(_filled(text, values))
    given = {name: _filled(text, values) for name, text in peer.environment.items()}
    environment = {**program_environment(), **given}
    return Gateway(
        name=peer.name,
        title=f"{peer.title} {version_of(peer, program, environment)}".strip(),
        does=peer.does,
        url=_filled(peer.url, values),
        folder=folder,
        log=folder / f"{peer.name}.log",
        commands=[[*program, *shlex.split(_filled(peer.arguments, values))]],
        environment=environment,
        model=peer.model,
        embedding_model=peer.embedding_model,
        url_in_log=peer.url_in_log,
    )


def version_of(peer: Peer, program: list[str], environment: Mapping[str, str]) -> str:
    """Return what the program says of its version, or nothing."""
    command = [*program, *shlex.split(peer.version_arguments)]
    try:
        said = run(command, environment=environment, timeout_s=_VERSION_S)
    except (RuntimeError, OSError):
        return ""
    found = re.search(r"\d+\.\d+[\w.]*", said)
    return found[0] if found else ""


def _filled(text: str, values: Mapping[str, str]) -> str:
    return Template(text).substitute(values)
