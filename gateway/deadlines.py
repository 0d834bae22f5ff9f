"""How patient a layer is. Plain values: the settings read them before Django is there."""

from collections.abc import Mapping

from providers.deadlines import Deadlines

DEADLINES: Mapping[str, Deadlines] = {
    "l1": Deadlines(first_chunk_s=2, between_chunks_s=10, total_s=60),
    "l2": Deadlines(first_chunk_s=120, between_chunks_s=60, total_s=600),
    "l3": Deadlines(first_chunk_s=30, between_chunks_s=30, total_s=300),
    "embedding": Deadlines(total_s=60),
}
"""How long the steps of a call may take, unless AURA_L1_DEADLINES and so on say otherwise."""
