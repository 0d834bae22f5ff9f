"""Runs the gateway that TensorZero's wheel embeds (its server is shipped as a container
only), and prints its address: `python tensorzero_embedded.py tensorzero.toml`."""

import signal
import sys

import tensorzero  # type: ignore[import-not-found]
from openai import OpenAI

client = tensorzero.patch_openai_client(
    OpenAI(api_key="unused"), config_file=sys.argv[1], async_setup=False
)
print(f"serves {client.base_url}", flush=True)
signal.pause()
