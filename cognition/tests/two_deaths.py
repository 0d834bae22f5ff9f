"""A re-embedding whose worker is killed twice: run it, and see that it lost nothing, doubled
nothing, and that people's memories were recalled throughout."""

import subprocess
from collections.abc import Callable, Sequence
from functools import partial

from brains import live
from brains.models import ModelPreset
from brains.space import Space, space_of
from brains.tests.records import ANN, newest
from cognition.memory.models import Memory, MemoryVector
from cognition.memory.reembedding import plans
from cognition.memory.reembedding.models import ReEmbedding
from cognition.memory.store import Vector, recall
from cognition.tests.memories import E5, PEOPLE, vector_count
from gateway.records.models import CallRecord
from tests.waiting import wait_until
from tests.workers import Worker


def recalled(memory: Memory) -> bool:
    """Say whether a memory is what its person recalls by its own vector, in the space that
    is live."""
    space = space_of(live.peek().selection)
    own = MemoryVector.objects.get(
        memory=memory, model=space.model, dimension=space.dimension
    )
    vector = Vector(bytes(own.vector), space, own.revision)
    return bool(recall(memory.person, vector, 1)[0].id == memory.pk)


def survive_two_deaths(
    memories: Sequence[Memory],
    preset: ModelPreset,
    start: Callable[[], Worker],
    patience_s: float,
) -> None:
    """Re-embed the memories for a preset; the worker is killed after a quarter and after six
    tenths of them. In the end all is as it should be."""
    count = len(memories)
    new = Space(preset.embedding_model, preset.embedding_dimension or 0)
    vectors = MemoryVector.objects.filter(model=new.model, dimension=new.dimension)
    asked: list[Memory] = []
    before = newest().preset_name
    plans.begin(preset, ANN)

    def come(wanted: int, worker: "subprocess.Popen[bytes]") -> bool:
        asked.append(memories[len(asked) % count])
        assert recalled(asked[-1]), "a memory was not recalled"
        assert worker.poll() is None
        return vectors.count() >= wanted

    for wanted in (count // 4, count * 6 // 10, count):
        with start() as worker:
            wait_until(partial(come, wanted, worker), "the vectors", patience_s, 0.2)
            if wanted < count:
                worker.kill()  # SIGKILL
                worker.wait()
                assert newest().preset_name == before
            else:
                done = ReEmbedding.objects.filter(state="done")
                wait_until(done.exists, "the switch", patience_s)
                wait_until(CallRecord.objects.exists, "its calls on record")

    plan = ReEmbedding.objects.get()
    assert (plan.done, plan.total, plan.revision) == (count, count, 2)
    assert (newest().preset_name, newest().by_name) == (preset.name, "ann")
    assert vector_count() == {E5: count, new: count}
    assert vectors.values("memory").distinct().count() == count
    assert all(recalled(memory) for memory in memories[: 3 * len(PEOPLE)])
    assert len(asked) > 50 or count < 1_000
