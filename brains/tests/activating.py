"""Many processes that change what is live at the same time:
`python -m brains.tests.activating PROCESSES COUNT PRESET PRESET` lets each activate the
presets in turn, COUNT times; half of them begin with the one, half with the other. It prints
what each activation did as JSON: revision, the one it replaced, whether anything changed."""

import itertools
import json
import multiprocessing
import sys
from collections.abc import Sequence

import django

Outcome = tuple[int, int | None, bool]
# Django is loaded once: what a process adds is its own connection.
FORKED = multiprocessing.get_context("fork")


def activate(names: Sequence[str], count: int) -> list[Outcome]:
    """Wait until every process is ready, then activate."""
    # Below setup(), since Django's models need it; the module is only run, not imported.
    from brains import activation  # noqa: PLC0415

    presets = [activation.find_preset(name) for name in names]
    author = activation.Author("racer")
    outcomes: list[Outcome] = []
    BARRIER.wait()
    for preset in itertools.islice(itertools.cycle(presets), count):
        outcome = activation.activate(preset, author)
        assert outcome.activation is not None
        replaced = outcome.replaced.revision if outcome.replaced else None
        outcomes.append((outcome.activation.revision, replaced, outcome.changed))
    return outcomes


if __name__ == "__main__":
    django.setup()
    processes, count, names = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]
    BARRIER = FORKED.Barrier(processes)
    turns = [(names, count), (names[::-1], count)] * (processes // 2)
    with FORKED.Pool(processes) as pool:
        # Who waits at the barrier takes no second turn.
        found = pool.starmap(activate, turns, chunksize=1)
    print(json.dumps([outcome for each in found for outcome in each]))
