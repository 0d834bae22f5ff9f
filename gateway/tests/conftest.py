"""The gateway in this process: a selection and a key in memory, a model server behind it."""

import dataclasses
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from typing import Any

import pytest
import pytest_asyncio

from brains import live
from gateway.application import Gateway
from gateway.deadlines import DEADLINES
from gateway.keys import RING, KeyInfo, digest_of
from gateway.limits.key_limits import LIMITS
from gateway.records.finished import FinishedCall
from gateway.records.recorder import Recorder
from gateway.tests.asgi_client import AsgiClient
from providers.deadlines import Deadlines
from providers.registry import Registry
from providers.shipped import local, named, offline, openrouter
from tests.upstream import FakeUpstream

KEY = "aura_tests-canary-key-0123456789"
PROVIDER_KEY = "sk-provider-canary-0123456789"
ALIASES = {"gpt-4o": "l3", "embed": "embedding", "cheap": "l1@budget", "lost": "l9"}
MESSAGES = [{"role": "user", "content": "Tell me of the prompt-canary"}]
CHAT = {"model": "aura/l3", "messages": MESSAGES}
PATH = "/v1/chat/completions"
SINCE = "2026-11-01T12:00:00+00:00"

DEFAULT = {
    "name": "Default",
    "slug": "default",
    "values": {"embedding_dimension": "8"},
}
BUDGET = {
    "name": "Budget",
    "slug": "budget",
    "values": {"l1_model": "b/one", "l3_model": "b/three", "embedding_dimension": "8"},
}


def payload(preset: dict[str, Any] | None = None, revision: int = 7) -> dict[str, Any]:
    """Return what a Live with this preset is built from."""
    head = {"revision": revision, "preset": preset, "since": SINCE, "by": "ada"}
    return head | {"presets": [DEFAULT, BUDGET]}


@pytest.fixture
def alive() -> Iterator[None]:
    """The preset Default is live, at revision 7."""
    live.install(payload(DEFAULT), "database")
    yield
    live.forget()


@pytest.fixture
def ring() -> Iterator[None]:
    """One key is known."""
    RING.replace({digest_of(KEY): KeyInfo(1, "tests", None)})
    yield
    RING.replace({})
    RING.take_used()
    LIMITS.forget()


@pytest.fixture
def registry(upstream: FakeUpstream) -> Registry:
    providers = [
        openrouter(upstream.url, PROVIDER_KEY),
        local(upstream.url, "", "", {}),
        offline(upstream.url, upstream.url),
        named("unset", upstream.url, ""),
    ]
    return Registry({provider.name: provider for provider in providers})


@pytest_asyncio.fixture
async def gateway(
    alive: None, ring: None, registry: Registry, deadlines: Mapping[str, Deadlines]
) -> AsyncIterator[Gateway]:
    gateway = Gateway(registry, ALIASES, deadlines)
    yield gateway
    await gateway.close()


@pytest.fixture
def client(gateway: Gateway) -> AsgiClient:
    return AsgiClient(gateway, KEY)


@pytest.fixture
def no_preset(alive: None) -> None:
    """No preset is live."""
    live.install(payload(), "database")


@pytest.fixture
def serve(alive: None) -> Callable[..., live.Live]:
    """Return a function that makes these models live, by layer: `l1="a/one"`, and
    `l1_fallback="a/two"` for those to try after it."""

    def make(revision: int = 8, name: str = "Test", **models: str) -> live.Live:
        values = {
            field if field.endswith("_fallback") else f"{field}_model": model
            for field, model in models.items()
        }
        preset = {"name": name, "slug": "test", "values": values}
        return live.install(payload(preset, revision), "database")

    return make


@pytest.fixture
def deadlines() -> Mapping[str, Deadlines]:
    """The deadlines of each layer; the fixture `quick` makes them short."""
    return dict(DEADLINES)


@pytest.fixture
def records(monkeypatch: pytest.MonkeyPatch) -> list[FinishedCall]:
    """What is put on record, in the place of the recorder of this process."""
    kept: list[FinishedCall] = []
    recorder = Recorder()
    monkeypatch.setattr(recorder, "note", kept.append)
    monkeypatch.setattr("gateway.accounts.RECORDER", recorder)
    return kept


@pytest.fixture
def quick(deadlines: dict[str, Deadlines]) -> None:
    """Deadlines that a test can wait for."""
    short = {"first_chunk_s": 0.15, "between_chunks_s": 0.15, "total_s": 0.3}
    for layer, usual in deadlines.items():
        deadlines[layer] = dataclasses.replace(usual, **short)
