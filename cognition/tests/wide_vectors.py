"""`python -m cognition.tests.wide_vectors --port N`: SmolLM2 as an embedding model of 576
numbers, for what needs a second length without a network. Its vectors are of no use."""

import argparse
import os

import xllamacpp  # type: ignore[import-not-found,import-untyped,unused-ignore]

from aura_site.launch.chat_server import parameters
from aura_site.launch.lifeline import wait_for_end_of_launcher


def main() -> None:
    """Serve on --port until whoever started it ends."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    params = parameters(parser.parse_args().port)
    params.embedding = True
    params.pooling_type = xllamacpp.llama_pooling_type.LLAMA_POOLING_TYPE_MEAN
    _server = xllamacpp.Server(params)  # serves while kept
    wait_for_end_of_launcher()
    os._exit(0)


if __name__ == "__main__":
    main()
