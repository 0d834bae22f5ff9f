"""The two planes and the life of a worker."""

import asyncio

import pytest

from aura_site.planes import Planes
from gateway.in_flight import InFlight

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
    await both({"type": "http", "path": path, "headers": []}, None, None)
    assert (both._gateway.paths, django.paths) == ([], [path])


class Greedy:
    """Reads a body to its end."""

    async def __call__(self, scope, receive, send):
        while (await receive()).get("more_body"):
            continue


@pytest.mark.fault("C5")
async def test_no_page_reads_a_body_without_end():
    read, sent = 0, []

    async def receive():
        nonlocal read
        read += 1
        return {"type": "http.request", "body": b" " * 2**20, "more_body": True}

    async def send(message):
        sent.append(message)

    scope = {"type": "http", "path": "/admin/", "headers": []}
    await Planes(Greedy())(scope, receive, send)
    assert (sent[0]["status"], read) == (413, 5)


async def test_as_many_requests_as_are_set_may_be_under_way(settings, monkeypatch):
    in_flight = InFlight()
    monkeypatch.setattr(f"{PLANES}.IN_FLIGHT", in_flight)
    settings.AURA_MAX_IN_FLIGHT = 7
    Planes(Plane())
    assert in_flight.limit == 7


async def test_a_websocket_is_closed_and_no_error(both):
    sent = []

    async def send(message):
        sent.append(message["type"])

    await both({"type": "websocket", "path": "/"}, None, send)
    assert sent == ["websocket.close"]


async def test_a_worker_starts_and_stops_what_runs_beside_it(
    monkeypatch, settings, tmp_path
):
    settings.AURA_DATA_DIR, settings.AURA_API_KEY = tmp_path, "given-key-0123456789"
    happened = []

    def note(name):
        return lambda *_: happened.append(name)

    monkeypatch.setattr("aura_site.worker.trust", happened.append)
    for part in ("watcher", "SHARING", "WATCH", "METRICS", "RECORDER"):
        monkeypatch.setattr(f"aura_site.worker.{part}.start", note(f"{part} starts"))
    for part in ("WATCH", "RECORDER", "SHARING", "METRICS"):
        monkeypatch.setattr(f"aura_site.worker.{part}.stop", note(f"{part} stops"))
    messages: asyncio.Queue[dict[str, str]] = asyncio.Queue()
    for message in ("startup", "shutdown"):
        messages.put_nowait({"type": f"lifespan.{message}"})

    async def send(message):
        happened.append(message["type"])

    await Planes(Plane())({"type": "lifespan"}, messages.get, send)
    starts, stops = happened[:7], happened[7:]
    assert starts[0] == "given-key-0123456789"
    assert starts[-1] == "lifespan.startup.complete"
    assert starts.index("METRICS starts") < starts.index("RECORDER starts")
    assert len(set(starts)) == 7
    # The last calls are recorded and counted before who counts them ends.
    assert stops == [
        *("WATCH stops", "RECORDER stops", "SHARING stops", "METRICS stops"),
        "lifespan.shutdown.complete",
    ]
