"""Deletes everything that is kept of a person, in batches, so that nobody waits for long. A
turn or a reflection that is under way keeps nothing of it afterwards either."""

import logging
from collections import Counter
from collections.abc import Mapping

from django.db import connection, transaction
from django.db.models import Model

from cognition.conversations.exchanges import of_turns
from cognition.conversations.models import Conversation, Turn
from cognition.memory.matrices import MATRICES
from cognition.memory.models import Memory
from cognition.personal_data.holdings import (
    EXCHANGES,
    PATHS,
    VOTES,
    name,
    rows,
    told,
    votes,
)
from cognition.reflection.models import Reflection
from gateway.kept.models import KeptExchange

logger = logging.getLogger(__name__)

BATCH = 200
Counts = Counter[str]


def forget(person: str) -> Mapping[str, int]:
    """Delete all that is kept of a person, and return how many rows of each table that was.
    What was deleted before it was interrupted stays deleted; do it again."""
    _erase_for_good()
    counts: Counts = Counter({name(table): 0 for table in PATHS})
    for table in (Turn, Memory, Conversation):
        while deleted := _some(table, person):
            counts += deleted
    MATRICES.drop(person)
    # The tally stays what it is; whose votes they were is forgotten.
    counts[VOTES] = votes(person).update(by=None, by_name="")
    _end_of_log()
    done = {each: counts[each] for each in (*map(name, PATHS), EXCHANGES, VOTES)}
    # Not of whom: the log would remember the name.
    logger.info("A person was forgotten: %s", told(done))
    return done


@transaction.atomic
def _some(table: type[Model], person: str) -> Counts:
    """Delete one batch with all that hangs on it; return how many rows of each table."""
    batch = list(
        rows(table, person).order_by("pk").values_list("pk", flat=True)[:BATCH]
    )
    counts: Counts = Counter()
    if table is Turn:
        _lock(batch)
        kept = of_turns(Turn.objects.filter(pk__in=batch))
        counts[EXCHANGES] = kept.delete()[1].get(KeptExchange._meta.label, 0)
    _, deleted = table._default_manager.filter(pk__in=batch).delete()
    labels = {each._meta.label: name(each) for each in PATHS}
    counts.update({labels[label]: n for label, n in deleted.items() if label in labels})
    return +counts


def _lock(turns: list[int]) -> None:
    """Wait for those that add to these turns: what they added is then deleted too."""
    conversations = Conversation.objects.filter(turns__in=turns).order_by("pk")
    list(
        Conversation.objects.select_for_update()
        .filter(pk__in=conversations.values("pk"))
        .order_by("pk")
        .values("pk")
    )
    list(
        Reflection.objects.select_for_update()
        .filter(turn__in=turns)
        .order_by("pk")
        .values("pk")
    )


def _erase_for_good() -> None:
    """Let SQLite overwrite what it deletes: else the text stays in the file for a while."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA secure_delete = ON")


def _end_of_log() -> None:
    """Empty SQLite's log of writes, which holds older copies of pages, if nobody reads."""
    if connection.vendor == "sqlite" and not connection.in_atomic_block:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
