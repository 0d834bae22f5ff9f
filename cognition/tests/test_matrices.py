"""The vectors of a person in a process's memory are those of the table, whatever comes to it,
goes from it, or does not fit."""

import shutil
import threading
from itertools import pairwise

import numpy as np
import pytest
from django.db import connection

from cognition.memory import matrices
from cognition.memory.matrices import OVERLAP, Matrices
from cognition.memory.models import Memory, MemoryVector
from cognition.memory.space import Space, unpacked
from cognition.memory.store import Kind, keep_vectors, recall, remember
from cognition.tests.minds import SPACE, vector
from tests.own_database import own_database

ADA = "client:ada"
BYTES = SPACE.dimension * 4

pytestmark = pytest.mark.django_db


def said(count, person=ADA, space=SPACE):
    """Keep so many memories; each points a little elsewhere. Return their ids."""
    memories = [
        remember(person, f"{n}", Kind.SAID, vectors=[vector(1, n / 10, space=space)])
        for n in range(count)
    ]
    return [memory.pk for memory in memories]


def held(kept, person=ADA, space=SPACE):
    """Return the memories of a reading, with their vectors looked at."""
    ids = []
    for memories, rows in kept.read(person, space):
        for memory, row in zip(memories, rows, strict=True):
            bytes_ = MemoryVector.objects.get(memory=memory, model=space.model).vector
            assert np.array_equal(unpacked(bytes_, space.dimension)[0], row)
            ids.append(int(memory))
    return ids


def test_all_vectors_of_a_person_are_read_and_then_the_new_ones():
    kept, first = Matrices(), said(3)
    assert held(kept) == first
    more = said(2)
    assert held(kept) == first + more


def test_each_space_and_each_person_has_a_matrix_of_its_own():
    kept, other = Matrices(), Space("o/vectors", 4)
    mine, theirs, elsewhere = said(2), said(2, "client:bob"), said(2, space=other)
    assert held(kept) == mine
    assert held(kept, "client:bob") == theirs
    assert held(kept, space=other) == elsewhere


@pytest.mark.parametrize("count", [0, 1, OVERLAP - 1, OVERLAP, OVERLAP + 1, 70])
@pytest.mark.parametrize("at_once", [7, 5_000])
def test_any_number_is_read_whole_whatever_the_blocks(count, at_once, monkeypatch):
    monkeypatch.setattr(matrices, "READ_AT_ONCE", at_once)
    kept, ids = Matrices(), said(count)
    assert held(kept) == ids
    assert held(kept) == ids
    ids += said(1)
    assert held(kept) == ids


def test_a_row_that_becomes_visible_late_is_seen():
    """A slower writer had the lower id."""
    ids = said(OVERLAP + 5)
    late = MemoryVector.objects.get(memory=ids[-2])
    late.delete()
    kept = Matrices()
    assert held(kept) == [pk for pk in ids if pk != ids[-2]]
    late.save()
    assert sorted(held(kept)) == ids


@pytest.mark.parametrize("gone", [0, 20, -1], ids=["first", "middle", "last"])
def test_what_was_deleted_is_not_recalled(gone):
    ids = said(40)
    recall(ADA, vector(1), 40)
    Memory.objects.get(pk=ids[gone]).delete()
    found = {memory.id for memory in recall(ADA, vector(1), 40)}
    assert ids[gone] not in found
    assert len(found) >= 32


def test_one_who_said_too_much_to_be_held_is_recalled_from_the_table(monkeypatch):
    monkeypatch.setattr(matrices, "READ_AT_ONCE", 3)
    kept = Matrices(bytes_max=5 * BYTES)
    ids = said(5)
    assert held(kept) == ids
    assert kept._rows[(ADA, SPACE)].size == 5 * BYTES
    ids += said(8)
    assert held(kept) == ids
    assert len(list(kept.read(ADA, SPACE))) == 5
    assert kept._rows[(ADA, SPACE)].size == 0
    MemoryVector.objects.filter(memory__in=ids[4:]).delete()
    assert held(kept) == ids[:4]
    assert len(list(kept.read(ADA, SPACE))) == 1
    assert kept._rows[(ADA, SPACE)].size > 0


@pytest.mark.parametrize(
    "bytes_max", [2 * BYTES, 1_000 * BYTES], ids=["blocks", "held"]
)
def test_the_nearest_are_the_same_from_blocks_and_from_a_matrix(bytes_max, monkeypatch):
    monkeypatch.setattr(matrices, "READ_AT_ONCE", 7)
    monkeypatch.setattr("cognition.memory.store.MATRICES", Matrices(bytes_max))
    said(60)
    found = recall(ADA, vector(1), 5)
    assert [memory.text for memory in found] == ["0", "1", "2", "3", "4"]
    assert all(a.similarity > b.similarity for a, b in pairwise(found))
    assert found[0].similarity == pytest.approx(1)


def test_who_was_not_asked_for_longest_goes_first():
    kept = Matrices(bytes_max=5 * BYTES)
    for person in ("client:a", "client:b", "client:a", "client:c"):
        said(2, person)
        held(kept, person)
    people = {person for person, _ in kept._rows}
    assert "client:c" in people and "client:b" not in people
    assert sum(rows.size for rows in kept._rows.values()) <= 5 * BYTES
    assert len(held(kept, "client:b")) == 2


def test_threads_that_remember_and_recall_at_once_agree_in_the_end(
    migrated_folder, tmp_path, django_db_blocker
):
    """Each recall sees whole rows, each once, and all that was there before it."""
    folder = shutil.copytree(migrated_folder, tmp_path / "data")
    with django_db_blocker.unblock(), own_database("", folder):
        kept, wrong, go = Matrices(), [], threading.Barrier(4)

        def works(seed):
            go.wait(10)
            for _ in range(8):
                mine = said(3, "client:threads")
                ids = held(kept, "client:threads")
                if len(set(ids)) != len(ids) or not set(mine) <= set(ids):
                    wrong.append((seed, mine, ids))
            connection.close()

        threads = [threading.Thread(target=works, args=(n,)) for n in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert not wrong
        assert len(held(kept, "client:threads")) == 4 * 8 * 3


def test_a_vector_that_is_there_already_stays_as_it_is():
    memory = remember(ADA, "said", Kind.SAID, vectors=[vector(1)])
    keep_vectors([(memory, vector(0, 1))])
    [found] = recall(ADA, vector(1), 5)
    assert found.similarity == pytest.approx(1)
