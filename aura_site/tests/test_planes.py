"""The two planes and the life of a worker."""

import asyncio

import pytest

from aura_site.planes import Planes

PLANES = Planes.__module__


class Plane:
    """Remembers the paths that it was given."""

    def __init__(self) -> None:
        self.paths: list[str] = []

    async def __call__(self, scope, receive, send):
        self.paths.append(scope["path"])


@pytest.fixture
def django():
    return Plane()


@pytest.fixture
def both(django, monkeypatch):
    application = Planes(django)
    monkeypatch.setattr(application, "_gateway", Plane())
    return application


@pytest.mark.parametrize(
    "path", ["/v1/models", "/v1", "/health", "/health/live", "/openapi.json"]
)
async def test_the_data_plane_has_its_paths(both, django, path):
    await both({"type": "http", "path": path}, None, None)
    assert (both._gateway.paths, django.paths) == ([path], [])


@pytest.mark.parametrize("path", ["/", "/admin/", "/v10", "/healthy", "/static/v1/"])
async def test_django_has_all_others(both, django, path):
    await both({"type": "http", "path": path}, None, None)
    assert (both._gateway.paths, django.paths) == ([], [path])


async def test_a_websocket_is_closed_and_no_error(both):
    sent = []

    async def send(message):
        sent.append(message["type"])

    await both({"type": "websocket", "path": "/"}, None, send)
    assert sent == ["websocket.close"]


async def test_a_worker_starts_and_stops_what_watches(monkeypatch, settings, tmp_path):
    settings.AURA_DATA_DIR, settings.AURA_API_KEY = tmp_path, "given-key-0123456789"
    happened = []
    monkeypatch.setattr(
        f"{PLANES}.watcher.start", lambda parts, folder: happened.append("watch")
    )
    monkeypatch.setattr(f"{PLANES}.WATCH.start", lambda: happened.append("providers"))
    monkeypatch.setattr(f"{PLANES}.trust", lambda key: happened.append(key))
    messages: asyncio.Queue[dict[str, str]] = asyncio.Queue()
    for message in ("startup", "shutdown"):
        messages.put_nowait({"type": f"lifespan.{message}"})

    async def send(message):
        happened.append(message["type"])

    await Planes(Plane())({"type": "lifespan"}, messages.get, send)
    assert happened == [
        "given-key-0123456789",
        "watch",
        "providers",
        "lifespan.startup.complete",
        "lifespan.shutdown.complete",
    ]
