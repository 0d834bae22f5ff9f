"""Notices of breakers that open. They are in the memory of each worker, which looks at its own
every few seconds, beside its requests, and says so in the database."""

import socket
from collections.abc import Iterator
from datetime import timedelta

from django.conf import settings

from brains import live
from brains.layers import LAYERS
from brains.wording import listed
from gateway.notices.events import Event, tell
from providers.breaker import FAILURES, OPEN_S, Breakers

AGAIN_AFTER = timedelta(minutes=10)


class BreakerNotices:
    """Tells of each breaker of this process that opened since the last look."""

    def __init__(self, breakers: Breakers) -> None:
        self._breakers = breakers
        self._known: set[tuple[str, str]] = set()

    def tell(self) -> None:
        """Look once. Of one model it is told at most once in ten minutes, whichever worker
        saw it; what could not be told is tried again at the next look."""
        states = self._breakers.states().items()
        opened = {key for key, state in states if state != "closed"}
        self._known &= opened
        for provider, model in sorted(opened - self._known):
            tell(_event(provider, model), AGAIN_AFTER)
            self._known.add((provider, model))


def _event(name: str, model: str) -> Event:
    provider = settings.AURA_PROVIDERS.get(name)
    title = provider.title if provider else name
    layers = list(_layers_of(name, model))
    serves = f" It serves {listed(layers)}." if layers else ""
    return Event(
        type="breaker.open",
        about=(name, model),
        subject=f"Aura: {model} at {title} keeps failing",
        text=(
            f"{model} at {title} failed {FAILURES} times in a row. It is left alone and "
            f"tried again every {OPEN_S:.0f} s; until it answers its fallbacks serve, where "
            f"there are any.{serves}"
        ),
        data={
            "provider": name,
            "model": model,
            "layers": layers,
            "node": socket.gethostname(),
        },
    )


def _layers_of(provider: str, model: str) -> Iterator[str]:
    """Yield the layers that it serves now."""
    selection = live.current().selection
    for layer in LAYERS:
        route = settings.AURA_PROVIDERS.route(selection.choice(layer.name).value)
        if (route.provider.name, route.model) == (provider, model):
            yield layer.title
