"""How long the steps of a call may take in each layer, as the environment says."""

import dataclasses
from collections.abc import Mapping

from aura_site.environment import Environment
from gateway.deadlines import DEADLINES
from providers.deadlines import Deadlines

STEPS = {
    "connect": "connect_s",
    "first_chunk": "first_chunk_s",
    "between_chunks": "between_chunks_s",
    "total": "total_s",
}
MAX_S = 3600
VARIABLES = {layer: f"AURA_{layer.upper()}_DEADLINES" for layer in DEADLINES}


def deadlines(env: Environment) -> Mapping[str, Deadlines]:
    """Return layer -> deadlines: AURA_L1_DEADLINES=first_chunk=2,total=60 and so on over
    the built-in ones."""
    return {layer: _of(layer, usual, env) for layer, usual in DEADLINES.items()}


def _of(layer: str, usual: Deadlines, env: Environment) -> Deadlines:
    said = env.numbers(VARIABLES[layer], tuple(STEPS), above=0, maximum=MAX_S)
    return dataclasses.replace(usual, **{STEPS[step]: s for step, s in said.items()})
