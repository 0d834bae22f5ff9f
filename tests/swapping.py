"""`python -m tests.swapping COUNT PAUSE_S`: activate two presets in turn, as another
process would, and print a line of JSON for each: its revision, preset and commit time."""

import json
import os
import sys
import time

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "aura_site.settings")
django.setup()

from brains.activation import Author, activate, find_preset  # noqa: E402


def main(count: int, pause_s: float) -> None:
    """Activate Budget and Performance in turn, `count` times."""
    author = Author("swapping")
    for number in range(count):
        preset = find_preset(("Budget", "Performance")[number % 2])
        outcome = activate(preset, author)
        committed = time.time()
        assert outcome.activation is not None
        seen = {"revision": outcome.activation.revision, "preset": preset.name}
        print(json.dumps({**seen, "at": committed}), flush=True)
        time.sleep(pause_s)


if __name__ == "__main__":
    main(int(sys.argv[1]), float(sys.argv[2]))
