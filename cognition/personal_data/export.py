"""Everything that is kept of a person as JSON Lines, read in blocks, so that one who said a
lot takes no more memory. The vectors themselves are left out: no reader can use them."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Model
from django.utils import timezone

from cognition.conversations.models import Conversation, Turn
from cognition.memory.models import Memory, MemoryVector
from cognition.personal_data.holdings import VOTES, name, rows, votes
from cognition.reflection.models import Reflection

Json = dict[str, Any]

BLOCK = 500
KINDS: Mapping[type[Model], str] = {
    Conversation: "conversation",
    Turn: "turn",
    Reflection: "reflection",
    Memory: "memory",
}


def lines(person: str) -> Iterator[str]:
    """Yield a line for the person, one for each row that is kept, and a last one, `end`, with
    their numbers: without it something is missing. Each ends with a newline."""
    yield _line({"type": "person", "person": person, "exported_at": timezone.now()})
    counts: Counter[str] = Counter()
    for table, kind in KINDS.items():
        counts[name(table)] = 0
        for block in _blocks(table, person):
            counts[name(table)] += len(block)
            yield "".join(_line({"type": kind, **row}) for row in block)
    kept = votes(person).order_by("pk").values()
    counts[VOTES] = len(kept)
    yield from (_line({"type": "vote", **row}) for row in kept)
    yield _line({"type": "end", **counts})


def _blocks(table: type[Model], person: str) -> Iterator[Sequence[Json]]:
    # All columns, whatever comes to be added: nothing that was said is forgotten here.
    columns = [field.attname for field in table._meta.concrete_fields]
    found = rows(table, person).order_by("pk").values(*columns)
    block = list(found[:BLOCK])
    while block:
        yield _with_vectors(block) if table is Memory else block
        block = list(found.filter(pk__gt=block[-1]["id"])[:BLOCK])


def _with_vectors(memories: Sequence[Json]) -> list[Json]:
    """Return memories with the spaces in which each has a vector."""
    vectors: defaultdict[int, list[Json]] = defaultdict(list)
    found = MemoryVector.objects.defer("vector").filter(
        memory__in=[memory["id"] for memory in memories]
    )
    for row in found:
        space = {"model": row.model, "dimension": row.dimension}
        vectors[row.memory_id].append({**space, "revision": row.revision})
    return [{**memory, "vectors": vectors[memory["id"]]} for memory in memories]


def _line(fields: Json) -> str:
    return json.dumps(fields, cls=DjangoJSONEncoder, ensure_ascii=False) + "\n"
