"""`GET /health`, `/health/live` and `/health/ready`: from memory, never a query or a call."""

from urllib.parse import parse_qs

from brains.health import report
from gateway.http import send_json
from gateway.request import Request

NO_STORE = (b"cache-control", b"no-store")


async def health(request: Request) -> None:
    """Answer the whole report: 200, or with `?strict=1` 503 when degraded."""
    body = report(request.live)
    query = parse_qs(request.scope["query_string"].decode("latin-1"))
    is_strict = query.get("strict", ["0"])[-1].lower() not in ("", "0", "false", "no")
    status = 503 if is_strict and body["status"] != "ok" else 200
    await send_json(request.send, status, body, [*request.headers, NO_STORE])


async def alive(request: Request) -> None:
    """Say that this process runs."""
    body = {"status": "alive"}
    await send_json(request.send, 200, body, [*request.headers, NO_STORE])


async def ready(request: Request) -> None:
    """Say that this process can serve: it has a selection, wherever that came from."""
    body = {
        "status": "ready",
        "revision": request.live.selection.revision,
        "loaded_from": request.live.loaded_from,
    }
    await send_json(request.send, 200, body, [*request.headers, NO_STORE])
