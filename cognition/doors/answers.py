"""What a conversation answers with: stamped JSON, and every failure in OpenAI's shape."""

import logging
from collections.abc import Callable, Coroutine, Iterable
from functools import wraps
from typing import Any

import orjson
from django.db import DatabaseError, InterfaceError
from django.http import HttpRequest, HttpResponse, HttpResponseBase

from cognition.brain import Brain
from gateway.errors import (
    SERVER_ERROR,
    GatewayError,
    MethodNotAllowed,
    UpstreamFailed,
    from_provider,
)
from gateway.http import Header
from gateway.stamps import preset_text
from providers.errors import ProviderError

logger = logging.getLogger(__name__)

View = Callable[[HttpRequest], Coroutine[Any, Any, HttpResponseBase]]


class DatabaseAway(GatewayError):
    """A conversation is kept in the database, which does not answer."""

    status, type, code = 503, SERVER_ERROR, "database_away"
    headers = ((b"retry-after", b"5"),)

    def __init__(self) -> None:
        super().__init__(
            "Conversations need the database, which does not answer. Ask again in a "
            "moment; /v1/chat/completions goes on without it."
        )


def door(answer: View) -> View:
    """Return a view for POST alone, which tells every failure as OpenAI does."""

    @wraps(answer)
    async def opened(request: HttpRequest) -> HttpResponseBase:
        try:
            if request.method != "POST":
                raise MethodNotAllowed("POST")
            return await answer(request)
        except (ProviderError, GatewayError, DatabaseError, InterfaceError) as error:
            return _refused(told(error))

    # Clients with keys have no cookies; a signed-in browser's token is checked inside.
    opened.csrf_exempt = True  # type: ignore[attr-defined]
    return opened


def told(error: Exception) -> GatewayError:
    """Return what a client is told of a failure; what was not its own doing is logged."""
    if isinstance(error, GatewayError):
        return error
    if isinstance(error, ProviderError):
        failed: GatewayError = from_provider(error)
    else:
        failed = DatabaseAway()
    if isinstance(failed, UpstreamFailed | DatabaseAway):
        logger.error("A turn failed: %s code=%s", type(error).__name__, failed.code)
    return failed


def stamped(response: HttpResponseBase, brain: Brain, limits: Iterable[Header]) -> None:
    """Say on an answer which turn it is of: request, revision, preset, a canary's side."""
    selection = brain.selection
    response["X-Request-Id"] = brain.request_id
    response["X-Aura-Revision"] = str(selection.revision)
    response["X-Aura-Preset"] = preset_text(selection)
    if brain.canary:
        response["X-Aura-Canary"] = brain.canary
    response["Cache-Control"] = "no-store"
    for name, value in limits:
        response[name.decode()] = value.decode()


def as_json(body: Any, status: int = 200) -> HttpResponse:
    """Return a JSON answer."""
    return HttpResponse(
        orjson.dumps(body), content_type="application/json", status=status
    )


def _refused(error: GatewayError) -> HttpResponse:
    answer = as_json(error.body(), error.status)
    answer["Cache-Control"] = "no-store"
    for name, value in error.headers:
        answer[name.decode()] = value.decode()
    return answer
