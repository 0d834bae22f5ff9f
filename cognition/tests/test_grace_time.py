"""The grace time: what was effective is kept filled, so that the way back is instant; then it
goes."""

from datetime import timedelta

import pytest

from brains import activation
from brains.errors import EmbeddingLocked
from brains.tests.records import ANN, newest
from cognition.memory.models import Memory
from cognition.memory.reembedding import (
    kept,
    plans,
    tasks,
)
from cognition.memory.reembedding.models import KeptSpace, ReEmbedding
from cognition.tests.memories import (
    E5,
    WIDE,
    give_vectors,
    keep,
    serve_vectors,
    vector_count,
)
from cognition.tests.plans import LONG_S

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("vectors_served")]
State = ReEmbedding.State


@pytest.fixture
def switched(wide, upstream):
    keep(10, E5)
    tasks.run(LONG_S)
    plans.begin(wide, ANN)
    tasks.run(LONG_S)
    assert newest().preset_name == "Wide"


def later(**by):
    """Let so much of the grace time pass."""
    for row in KeptSpace.objects.exclude(until=None):
        assert row.until is not None
        row.until -= timedelta(**by)
        row.save()


def test_within_the_grace_time_new_memories_get_both_vectors(switched):
    keep(5, WIDE)

    tasks.run(LONG_S)

    assert vector_count() == {E5: 15, WIDE: 15}


def test_rolling_back_within_it_is_instant(switched, upstream):
    tasks.run(LONG_S)
    keep(1, WIDE)
    upstream.reset()

    activation.roll_back(1, ANN)

    assert newest().preset_name == "Offline" and upstream.requests == []
    serve_vectors(upstream)
    tasks.run(LONG_S)
    assert vector_count() == {E5: 11, WIDE: 11}
    later(hours=73)
    tasks.run(LONG_S)
    assert vector_count() == {E5: 11}


def test_after_it_the_old_vectors_go_in_bounded_batches(switched, monkeypatch):
    monkeypatch.setattr(kept, "DROPPED_AT_ONCE", 3)
    later(hours=71)
    tasks.run(LONG_S)
    assert vector_count() == {E5: 10, WIDE: 10}

    later(hours=2)
    tasks.run(LONG_S)

    assert vector_count() == {WIDE: 10}
    assert [row.space for row in KeptSpace.objects.all()] == [WIDE]
    with pytest.raises(EmbeddingLocked):
        activation.roll_back(1, ANN)


def test_what_a_trial_goes_back_to_is_kept_beyond_it(wide, upstream):
    keep(10, E5)
    tasks.run(LONG_S)
    give_vectors(list(Memory.objects.all()), WIDE)
    activation.activate(wide, ANN, trial=timedelta(days=7))
    tasks.run(LONG_S)

    later(hours=73)
    tasks.run(LONG_S)
    assert vector_count() == {E5: 10, WIDE: 10}
    activation.confirm(ANN)
    tasks.run(LONG_S)

    assert vector_count() == {WIDE: 10}


def test_a_few_without_a_vector_are_embedded_without_being_asked(upstream):
    keep(10)

    tasks.run(LONG_S)

    assert vector_count() == {E5: 10} and not ReEmbedding.objects.exists()


def test_a_space_that_was_whole_is_made_whole_again_however_many_lack(upstream):
    tasks.run(LONG_S)
    keep(150)

    tasks.run(LONG_S)

    assert vector_count() == {E5: 150}


def test_what_a_cancelled_plan_left_goes_after_a_grace_time_of_its_own(wide):
    memories = keep(10, E5)
    give_vectors(memories[:4], WIDE)
    tasks.run(LONG_S)

    tasks.adopt_spaces.call()
    tasks.run(LONG_S)
    assert vector_count() == {E5: 10, WIDE: 4}, "half of a space is not kept filled"
    later(hours=73)
    tasks.run(LONG_S)

    assert vector_count() == {E5: 10}


def test_what_an_open_plan_fills_is_not_dropped(wide):
    memories = keep(10, E5)
    give_vectors(memories[:4], WIDE)
    tasks.adopt_spaces.call()
    later(hours=73)

    plans.pause(plans.begin(wide, ANN))
    tasks.run(LONG_S)

    assert vector_count() == {E5: 10, WIDE: 4}


def test_an_idle_look_asks_little_of_the_database(django_assert_max_num_queries):
    keep(10, E5)
    tasks.run(LONG_S)
    with django_assert_max_num_queries(12):
        assert not tasks.run(LONG_S)
