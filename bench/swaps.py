"""`python -m bench.swaps COUNT SECONDS`: swap the preset of the Aura that the environment
describes, from another process, as people do. It says when it begins."""

import os
import sys
import time

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "aura_site.settings")
django.setup()

from brains.activation import Author, activate, find_preset  # noqa: E402 - needs tables

AUTHOR = Author("bench")
# The second is live before: each activation is a change.
PRESETS = ("Performance", "Budget")


def swap(count: int, seconds: float) -> None:
    """Activate the two presets in turn, `count` times, evenly over `seconds`."""
    presets = [find_preset(name) for name in PRESETS]
    print("ready", flush=True)
    began = time.monotonic()
    for number in range(count):
        due = began + (number + 0.5) * seconds / count
        time.sleep(max(0.0, due - time.monotonic()))
        activate(presets[number % len(PRESETS)], AUTHOR)


if __name__ == "__main__":
    swap(int(sys.argv[1]), float(sys.argv[2]))
