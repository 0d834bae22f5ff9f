"""Recall with pgvector, on a PostgreSQL that has it: the same memories as with numpy."""

from datetime import timedelta
from io import StringIO
from typing import Any

import numpy as np
import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from cognition.checks import check_memory_index
from cognition.memory import pgvector
from cognition.memory.matrices import MATRICES
from cognition.memory.models import Memory, MemoryVector
from cognition.memory.space import Space, packed
from cognition.memory.store import Kind, Vector, keep_vectors, recall
from cognition.memory.tasks import index_memories
from cognition.personal_data.forgetting import forget
from cognition.tests.minds import spoke, vector
from gateway.background.models import Schedule
from tests import postgres_binaries
from tests.own_database import own_database
from tests.postgres import PostgresServer

SPACE = Space('maker/it\'s 100% "odd"', 24)
ADA, BOB = "client:ada", "client:bob"

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def server():
    """A PostgreSQL with pgvector."""
    binaries = postgres_binaries.find_with("vector")
    if binaries is None:
        pytest.skip("No PostgreSQL with pgvector is installed on this machine.")
    with PostgresServer(binaries=binaries) as server:
        yield server


@pytest.fixture(scope="module")
def _database(server, tmp_path_factory, django_db_blocker):
    folder = tmp_path_factory.mktemp("pgvector")
    with django_db_blocker.unblock(), own_database(server.url, folder):
        call_command("migrate", verbosity=0)
        yield


@pytest.fixture
def database(_database, settings):
    """The database before the command, without any rows."""
    settings.AURA_MEMORY_INDEX = "pgvector"
    yield
    Memory.objects.all().delete()
    with connection.cursor() as cursor:  # its indexes go along
        cursor.execute(
            "ALTER TABLE cognition_memoryvector DROP COLUMN IF EXISTS embedding"
        )


def fill(person, count, seed=1, space=SPACE):
    """Keep so many memories that point anywhere."""
    numbers = np.random.default_rng(seed).standard_normal((count, space.dimension))
    rows = [
        Memory(person=person, text=f"{person} {n}", kind="said") for n in range(count)
    ]
    memories = Memory.objects.bulk_create(rows)
    kept = [Vector(packed(row), space, 7) for row in numbers]
    keep_vectors(zip(memories, kept, strict=True))


def anywhere(seed, space=SPACE):
    numbers = np.random.default_rng(seed).standard_normal(space.dimension)
    return Vector(packed(numbers), space, 7)


def made():
    out = StringIO()
    call_command("make_memory_index", stdout=out)
    return out.getvalue()


def index_of(space):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT indexdef FROM pg_indexes WHERE indexname LIKE 'memory_hnsw%'"
        )
        found = [row[0] for row in cursor.fetchall()]
    return [text for text in found if f"vector({space.dimension})" in text]


def test_before_the_command_recall_goes_on_with_numpy_and_check_says_so(database):
    fill(ADA, 10)
    assert not pgvector.is_used()
    assert len(recall(ADA, anywhere(2), 4)) == 4
    [warning] = check_memory_index()
    assert "its column is missing" in warning.msg
    assert "make_memory_index" in str(warning.hint)


def test_recall_finds_what_numpy_finds(database, settings):
    fill(ADA, 600)
    assert "600 vectors copied" in made()
    assert check_memory_index() == []
    same = 0
    for seed in range(20, 40):
        settings.AURA_MEMORY_INDEX = "pgvector"
        by_index = recall(ADA, anywhere(seed), 4)
        settings.AURA_MEMORY_INDEX = "numpy"
        exact = recall(ADA, anywhere(seed), 4)
        same += len({m.id for m in by_index} & {m.id for m in exact})
        assert by_index[0] == exact[0] or by_index[0].similarity <= exact[0].similarity
    assert same >= 0.95 * 20 * 4


def test_the_index_is_used_for_one_who_said_most_of_it(database):
    fill(ADA, 600)
    made()
    assert len(index_of(SPACE)) == 1
    query = pgvector._NEAR.format(
        table=pgvector.TABLE,
        in_space=pgvector._IN_SPACE,
        column=pgvector._column(SPACE),
    )
    mine: list[Any] = [ADA, SPACE.model, SPACE.dimension]
    text = pgvector._text(anywhere(3).kept, SPACE.dimension)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE cognition_memoryvector")
        cursor.execute("SET enable_sort = off")
        cursor.execute(f"EXPLAIN {pgvector._said(query)}", [*mine, text, 4, *mine])
        plan = "\n".join(row[0] for row in cursor.fetchall())
        cursor.execute("RESET enable_sort")
    assert "Index Scan using memory_hnsw_" in plan


def test_one_who_said_little_finds_it_among_many(database):
    """An index that gave up early would find other people's memories alone."""
    fill(BOB, 800)
    fill(ADA, 5, seed=9)
    made()
    with connection.cursor() as cursor:
        # Even where the planner takes the HNSW index for it.
        cursor.execute("SET enable_sort = off")
        found = recall(ADA, anywhere(3), 5)
        cursor.execute("RESET enable_sort")
    assert len(found) == 5
    assert all(memory.text.startswith(ADA) for memory in found)


def test_what_is_new_is_recalled_at_once_and_copied_by_the_task(database):
    made()
    fill(ADA, 3)
    assert len(recall(ADA, anywhere(3), 5)) == 3
    assert pgvector.has_unfilled()
    index_memories.call()
    assert not pgvector.has_unfilled()
    assert len(recall(ADA, anywhere(3), 5)) == 3
    assert MATRICES._rows == {}


def test_what_the_task_has_no_time_for_is_due_soon(database, monkeypatch):
    made()
    fill(ADA, 5)
    monkeypatch.setattr(pgvector, "BATCH", 2)
    monkeypatch.setattr("cognition.memory.tasks.WITHIN_S", -1)
    later = timezone.now() + timedelta(hours=1)
    name = index_memories.module_path
    Schedule.objects.update_or_create(name=name, defaults={"due_at": later})
    index_memories.call()
    assert len(pgvector._unfilled(9)) == 3
    assert Schedule.objects.get(name=name).due_at < later
    assert len(recall(ADA, anywhere(3), 9)) == 5


def test_spaces_are_not_mixed(database):
    other = Space("o/vectors", 24)
    fill(ADA, 30)
    fill(ADA, 30, space=other)
    made()
    found = {m.id for m in recall(ADA, anywhere(3, other), 60)}
    mine = MemoryVector.objects.filter(model=other.model).values_list(
        "memory", flat=True
    )
    assert found == set(mine)


def test_a_vector_of_zeros_breaks_nothing(database):
    zeros = Vector(packed([0.0] * SPACE.dimension), SPACE, 7)
    memory = Memory.objects.create(person=ADA, text="nothing", kind=Kind.SAID)
    keep_vectors([(memory, zeros)])
    made()
    # An index leaves it out; without one it is like nothing.
    for wanted in (anywhere(3), zeros):
        assert all(found.similarity == 0 for found in recall(ADA, wanted, 5))


def test_long_vectors_have_no_index_and_are_found(database):
    long = Space("l/vectors", 2_001)
    fill(ADA, 4, space=long)
    assert "l/vectors (2001): no index: its vectors are long." in made()
    assert len(recall(ADA, anywhere(3, long), 5)) == 4


def test_an_index_that_was_left_unfinished_is_made_anew(database):
    fill(ADA, 3)
    made()
    name = pgvector.index_name(SPACE)
    where = "WHERE indexrelid = to_regclass(%s)"
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE pg_index SET indisvalid = false {where}", [name])
        made()
        cursor.execute(f"SELECT indisvalid FROM pg_index {where}", [name])
        assert cursor.fetchone()[0] is True


def test_nothing_remains_of_who_is_forgotten(database):
    spoke(ADA, "I am Ada")
    made()
    assert recall(ADA, vector(1), 5)
    forget(ADA)
    assert recall(ADA, vector(1), 5) == []
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM cognition_memoryvector")
        assert cursor.fetchone()[0] == 0


@pytest.mark.django_db
@pytest.mark.skipif(connection.vendor != "sqlite", reason="It is about SQLite.")
def test_on_sqlite_check_says_that_it_has_no_effect(settings):
    settings.AURA_MEMORY_INDEX = "pgvector"
    [warning] = check_memory_index()
    assert "the database is SQLite" in warning.msg
    with pytest.raises(CommandError, match="pgvector is for PostgreSQL"):
        made()
    assert recall(ADA, anywhere(3), 5) == []


@pytest.mark.django_db
def test_without_the_setting_check_is_silent():
    assert check_memory_index() == []
