"""One of many processes that change what is live at the same time:
`python -m brains.tests.activating COUNT PRESET...` activates the presets in turn, COUNT
times, once a line comes on stdin. It prints one outcome a line: revision, the one it
replaced, and whether anything changed."""

import itertools
import json
import sys

import django


def main(count: int, names: list[str]) -> None:
    """Say that we are ready, wait for the start, and activate."""
    # Below setup(), since Django's models need it; the module is only run, not imported.
    from brains import activation  # noqa: PLC0415

    presets = [activation.find_preset(name) for name in names]
    author = activation.Author("racer")
    print("ready", flush=True)
    sys.stdin.readline()
    for preset in itertools.islice(itertools.cycle(presets), count):
        outcome = activation.activate(preset, author)
        assert outcome.activation is not None
        replaced = outcome.replaced.revision if outcome.replaced else None
        print(json.dumps([outcome.activation.revision, replaced, outcome.changed]))


if __name__ == "__main__":
    django.setup()
    main(int(sys.argv[1]), sys.argv[2:])
