"""`GET /health`, `/health/live` and `/health/ready`: from memory, never a query or a call.
A process that was told to end says so at once, so that nobody sends it more."""

from urllib.parse import parse_qs

from brains.health import report
from gateway.draining import DRAIN
from gateway.http import send_json
from gateway.request import Request

NO_STORE = (b"cache-control", b"no-store")
SHUTTING_DOWN = {"status": "shutting_down"}


async def health(request: Request) -> None:
    """Answer the whole report: 200; 503 while the process ends, or with `?strict=1` when
    it is degraded."""
    body = report(request.live)
    if DRAIN.is_on:
        body |= SHUTTING_DOWN
    query = parse_qs(request.scope["query_string"].decode("latin-1"))
    is_strict = query.get("strict", ["0"])[-1].lower() not in ("", "0", "false", "no")
    status = 503 if DRAIN.is_on or (is_strict and body["status"] != "ok") else 200
    await send_json(request.send, status, body, [*request.headers, NO_STORE])


async def alive(request: Request) -> None:
    """Say that this process runs."""
    body = {"status": "alive"}
    await send_json(request.send, 200, body, [*request.headers, NO_STORE])


async def ready(request: Request) -> None:
    """Say that this process can serve: it has a selection, wherever that came from, and
    was not told to end."""
    body = {
        "status": "ready",
        "revision": request.live.selection.revision,
        "loaded_from": request.live.loaded_from,
    }
    status, body = (503, body | SHUTTING_DOWN) if DRAIN.is_on else (200, body)
    await send_json(request.send, status, body, [*request.headers, NO_STORE])
