"""Remember and recall: the nearest of one person, in one space, and nothing that is gone."""

import numpy as np
import pytest

from cognition.memory.matrices import MATRICES, OVERLAP, Matrices
from cognition.memory.models import Memory, MemoryVector
from cognition.memory.space import Space, packed, unpacked
from cognition.memory.store import SPARE, Kind, Vector, keep_vectors, recall, remember

pytestmark = pytest.mark.django_db

SPACE = Space("m/vectors", 4)
ADA, BOB = "client:ada", "client:bob"


def vector(*numbers, space=SPACE):
    return Vector(packed(numbers), space, 1)


def keep(text, *numbers, person=ADA, space=SPACE):
    kept = vector(*numbers, space=space)
    return remember(person, text, Kind.SAID, vectors=[kept])


def texts(found):
    return [memory.text for memory in found]


def test_the_nearest_come_first_with_their_similarity():
    keep("north", 0, 1, 0, 0)
    keep("east", 1, 0, 0, 0)
    keep("north-east", 1, 1, 0, 0)
    found = recall(ADA, vector(0, 2, 0, 0), 2)
    assert texts(found) == ["north", "north-east"]
    assert found[0].similarity == pytest.approx(1)
    assert found[1].similarity == pytest.approx(0.5**0.5)


def test_a_fact_comes_in_front_of_a_question_that_is_nearer():
    keep("What is my cat called?", 0, 1, 0, 0)
    keep("My cat is called Mia.", 0.5, 1, 0, 0)
    found = recall(ADA, vector(0, 1, 0, 0), 2)
    assert texts(found) == ["My cat is called Mia.", "What is my cat called?"]
    assert texts(recall(ADA, vector(0, 1, 0, 0), 1)) == ["My cat is called Mia."]


def test_a_fact_is_found_behind_more_questions_than_are_looked_at_first():
    keep("My cat is called Mia.", 0.5, 1, 0, 0)
    for number in range(3 * SPARE):
        keep(f"What is my cat number {number} called?", 0, 1, 0, 0)
    found = recall(ADA, vector(0, 1, 0, 0), 2)
    assert found[0].text == "My cat is called Mia."
    assert len(found) == 2


def test_questions_come_where_there_is_nothing_else():
    keep("What is my cat called?", 0, 1, 0, 0)
    assert texts(recall(ADA, vector(1, 0, 0, 0), 4)) == ["What is my cat called?"]


def test_what_is_kept_later_is_found_too():
    keep("north", 0, 1, 0, 0)
    recall(ADA, vector(1, 0, 0, 0), 5)
    keep("east", 1, 0, 0, 0)
    assert texts(recall(ADA, vector(1, 0, 0, 0), 5)) == ["east", "north"]


def test_nothing_of_another_person_is_found():
    keep("north", 0, 1, 0, 0, person=BOB)
    assert recall(ADA, vector(0, 1, 0, 0), 5) == []


@pytest.mark.fault("E7")
def test_vectors_of_another_model_or_length_are_never_compared():
    keep("other model", 0, 1, 0, 0, space=Space("o/vectors", 4))
    keep("other length", 0, 1, space=Space("m/vectors", 2))
    keep("north", 0, 1, 0, 0)
    assert texts(recall(ADA, vector(0, 1, 0, 0), 5)) == ["north"]
    assert texts(recall(ADA, vector(0, 1, space=Space("m/vectors", 2)), 5)) == [
        "other length"
    ]


def test_what_was_deleted_is_not_found_though_it_was_read_before():
    gone = keep("north", 0, 1, 0, 0)
    keep("east", 1, 0, 0, 0)
    recall(ADA, vector(0, 1, 0, 0), 5)
    gone.delete()
    assert texts(recall(ADA, vector(0, 1, 0, 0), 5)) == ["east"]
    assert MemoryVector.objects.count() == 1


def test_a_text_that_was_kept_twice_comes_once():
    keep("north", 0, 1, 0, 0)
    keep("north", 0, 1, 0, 0)
    assert texts(recall(ADA, vector(0, 1, 0, 0), 5)) == ["north"]


def test_a_vector_of_zeros_is_like_nothing_and_breaks_nothing():
    keep("nothing", 0, 0, 0, 0)
    [found] = recall(ADA, vector(0, 0, 0, 0), 5)
    assert found.similarity == 0


def test_vectors_are_kept_as_float32_of_length_one():
    keep("long", 3, 4, 0, 0)
    kept = bytes(MemoryVector.objects.get().vector)
    assert len(kept) == 16
    assert unpacked(kept, 4).tolist() == [
        [pytest.approx(0.6), pytest.approx(0.8), 0, 0]
    ]


def test_a_vector_beside_another_does_not_replace_it():
    memory = keep("north", 0, 1, 0, 0)
    other = vector(1, 0, space=Space("o/vectors", 2))
    assert keep_vectors([(memory, other)]) == 1
    keep_vectors([(memory, vector(1, 0, space=Space("o/vectors", 2)))])
    assert sorted(v.dimension for v in memory.vectors.all()) == [2, 4]


def test_a_row_that_shows_up_late_is_found():
    """Another writer's transaction may end after one whose rows have higher ids."""
    late = keep("late", 0, 1, 0, 0)
    row = late.vectors.get()
    MemoryVector.objects.all().delete()
    for number in range(3):
        keep(f"east {number}", 1, 0, 0, 0)
    assert len(recall(ADA, vector(0, 1, 0, 0), 9)) == 3
    row.save(force_insert=True)  # with the id it had from the first
    assert texts(recall(ADA, vector(0, 1, 0, 0), 1)) == ["late"]


def test_many_memories_are_read_in_blocks_and_each_once(monkeypatch):
    monkeypatch.setattr("cognition.memory.matrices.READ_AT_ONCE", 7)
    wanted = 3 * OVERLAP
    for number in range(wanted):
        keep(f"memory {number}", number, 1, 0, 0)
        if number % 10 == 0:
            recall(ADA, vector(0, 1, 0, 0), 1)
    [(memories, rows)] = MATRICES.read(ADA, SPACE)
    assert sorted(memories) == sorted(Memory.objects.values_list("pk", flat=True))
    assert rows.shape == (wanted, 4)


def test_those_used_least_recently_make_room():
    keep("north", 0, 1, 0, 0)
    keep("north", 0, 1, 0, 0, person=BOB)
    matrices = Matrices(bytes_max=16)
    matrices.read(ADA, SPACE)
    matrices.read(BOB, SPACE)
    assert [person for person, _ in matrices._rows] == [BOB]


def test_float32_is_near_enough_for_the_order():
    """The largest error of a cosine of 1,536 numbers kept as float32."""
    numbers = np.random.default_rng(7).normal(size=(2, 1536))
    exact = np.prod(np.linalg.norm(numbers, axis=1))
    kept = [unpacked(packed(row), 1536)[0] for row in numbers]
    assert float(kept[0] @ kept[1]) == pytest.approx(
        float(numbers[0] @ numbers[1] / exact), abs=1e-6
    )
