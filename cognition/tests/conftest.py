"""A mind in this process: a selection in memory, a model server behind it."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.conf import LazySettings

from brains import activation, live
from brains.models import ModelPreset
from brains.tests.records import ANN
from brains.tests.records import preset as stored_preset
from brains.tests.status_reader import registry
from cognition.brain import Brain, plans
from cognition.memory.matrices import MATRICES
from cognition.tests.memories import serve_vectors, wide_preset
from cognition.turns.events import Done, Event
from cognition.turns.thought import Asked
from cognition.turns.turn import think
from gateway.keys import RING, KeyInfo, digest_of
from gateway.limits.key_limits import LIMITS
from gateway.records.finished import FinishedCall
from gateway.records.recorder import Recorder
from gateway.upstream import at_hand
from providers.registry import Registry
from providers.shipped import offline, openrouter
from tests.upstream import FakeUpstream

KEY = "aura_tests-canary-key-0123456789"
MODELS = {
    "l1_model": "m/one",
    "l2_model": "m/two",
    "l3_model": "m/three",
    "embedding_model": "m/vectors",
    "embedding_dimension": "8",
}
OTHER = {**MODELS, "l3_model": "o/three", "embedding_model": "o/vectors"}


def preset(name: str, values: dict[str, str]) -> dict[str, Any]:
    """Return a preset as a Live is built from."""
    return {"name": name, "slug": name.lower(), "values": values}


@pytest.fixture(autouse=True)
def _nothing_is_live() -> Iterator[None]:
    """Let each test begin as a process does that has loaded nothing yet."""
    live.forget()
    MATRICES.forget()
    yield
    live.forget()
    live.changed.clear()
    MATRICES.forget()


@pytest.fixture
def wide(db: None) -> ModelPreset:
    """A preset whose vectors have 576 numbers."""
    return wide_preset()


@pytest.fixture
def vectors_served(
    db: None, upstream: FakeUpstream, settings: LazySettings
) -> FakeUpstream:
    """Both embedding models are on one server, and Offline is live."""
    settings.AURA_ENV_RUNG, settings.AURA_DOTENV_RUNG = {}, {}
    servers = [openrouter(upstream.url, "k"), offline(upstream.url, upstream.url)]
    settings.AURA_PROVIDERS = Registry({each.name: each for each in servers})
    serve_vectors(upstream)
    activation.activate(stored_preset("Offline"), ANN)
    return upstream


@pytest.fixture
def models_asked(
    wide: ModelPreset, upstream: FakeUpstream, settings: LazySettings
) -> None:
    """Offline is live, and the models of whatever follows it are asked first."""
    settings.AURA_ENV_RUNG, settings.AURA_DOTENV_RUNG = {}, {}
    settings.AURA_PREFLIGHT, settings.AURA_PREFLIGHT_MAX_USD = True, 0.10
    settings.AURA_PROVIDERS = registry(url=upstream.url)
    activation.activate(stored_preset("Offline"), ANN)


@pytest.fixture
def mind(upstream: FakeUpstream, settings: LazySettings) -> FakeUpstream:
    """The preset Test is live at revision 7; all its models are on one server."""
    provider = openrouter(upstream.url, "sk-provider-canary-0123456789")
    settings.AURA_PROVIDERS = Registry({provider.name: provider})
    upstream.script("m/vectors", dimension=8)
    upstream.script("o/vectors", dimension=8)
    serve(7)
    return upstream


def serve(revision: int, values: dict[str, str] = MODELS) -> live.Live:
    """Make a preset with these values live."""
    test, other = preset("Test", values), preset("Other", OTHER)
    payload = {"revision": revision, "preset": test, "presets": [test, other]}
    return live.install(payload, "database")


@pytest.fixture
def records(monkeypatch: pytest.MonkeyPatch) -> list[FinishedCall]:
    """What is put on record, in the place of the recorder of this process."""
    kept: list[FinishedCall] = []
    recorder = Recorder()
    monkeypatch.setattr(recorder, "note", kept.append)
    monkeypatch.setattr("gateway.accounts.RECORDER", recorder)
    return kept


@pytest.fixture
def key() -> Iterator[str]:
    """A client's key."""
    RING.replace({digest_of(KEY): KeyInfo(1, "tests", None)})
    yield KEY
    RING.replace({})
    RING.take_used()
    LIMITS.forget()


@pytest.fixture
def say(mind: FakeUpstream) -> Callable[..., list[Event]]:
    """Return a function that says something and returns all that came of it."""

    def said(message: str, **asked: Any) -> list[Event]:
        return turn_of(Asked(message, **asked))

    return said


@async_to_sync
async def turn_of(asked: Asked, key: KeyInfo | None = None) -> list[Event]:
    """Return all events of one turn."""
    async with at_hand() as upstream:
        brain = Brain(live.current().selection, plans(), upstream, key)
        return [event async for event in think(asked, brain)]


def done(events: list[Event]) -> Done:
    """Return the last event."""
    last = events[-1]
    assert isinstance(last, Done)
    return last
