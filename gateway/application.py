"""The data plane: an ASGI application of its own for `/v1/*`, `/health*` and
`/openapi.json`. No Django handler, no middleware, no thread, no database."""

import logging
from collections.abc import Awaitable, Callable, Mapping

from gateway.chat import chat_completions
from gateway.embeddings import embeddings
from gateway.errors import (
    ClientGone,
    GatewayError,
    MethodNotAllowed,
    NotFound,
    UpstreamFailed,
    from_provider,
)
from gateway.health import alive, health, ready
from gateway.http import Message, Receive, Scope, Send, send_json
from gateway.model_list import PREFIX, list_models, show_model
from gateway.openapi import openapi, prepared
from gateway.request import Request, Surroundings
from providers.client import Client
from providers.errors import ProviderError
from providers.registry import Registry

logger = logging.getLogger(__name__)

Endpoint = Callable[[Request], Awaitable[None]]

ROUTES: dict[str, tuple[str, Endpoint]] = {
    "/v1/chat/completions": ("POST", chat_completions),
    "/v1/embeddings": ("POST", embeddings),
    "/v1/models": ("GET", list_models),
    "/health": ("GET", health),
    "/health/live": ("GET", alive),
    "/health/liveness": ("GET", alive),
    "/health/liveliness": ("GET", alive),
    "/health/ready": ("GET", ready),
    "/health/readiness": ("GET", ready),
    "/openapi.json": ("GET", openapi),
}

OTHERS = frozenset({"/v1", "/health", "/openapi.json"})


def is_ours(path: str) -> bool:
    """Say whether a path belongs to the data plane."""
    return path.startswith(("/v1/", "/health/")) or path in OTHERS


class Gateway:
    """The data plane of one worker process."""

    def __init__(self, registry: Registry, aliases: Mapping[str, str]) -> None:
        self._around = Surroundings(Client(), registry, aliases, prepared())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request."""
        started = False

        async def noting_send(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        request = Request(scope, receive, noting_send, self._around)
        try:
            await _endpoint(scope)(request)
        except ClientGone:
            logger.info("The client hung up: call=%s", request.id)
        except (ProviderError, GatewayError) as error:
            await _send_error(request, _told(request, error))
        except Exception:
            logger.exception("A request failed: call=%s", request.id)
            if started:
                raise
            await _send_error(request, GatewayError("Aura failed. Its log says why."))

    async def close(self) -> None:
        """Close the connections to providers."""
        await self._around.client.close()


def _endpoint(scope: Scope) -> Endpoint:
    """Return the endpoint of a request. Raises NotFound or MethodNotAllowed."""
    path, method = scope["path"], scope["method"]
    if path in ROUTES:
        allowed, endpoint = ROUTES[path]
    elif path.startswith(PREFIX) and len(path) > len(PREFIX):
        allowed, endpoint = "GET", show_model
    else:
        raise NotFound(
            f"There is no {ascii(path[:200])} here. Aura has {', '.join(ROUTES)}."
        )
    if method != allowed and not (method == "HEAD" and allowed == "GET"):
        raise MethodNotAllowed(allowed)
    return endpoint


def _told(request: Request, error: ProviderError | GatewayError) -> GatewayError:
    """Return what the client is told; what was not its own doing is logged."""
    told = from_provider(error) if isinstance(error, ProviderError) else error
    if isinstance(told, UpstreamFailed):
        logger.error(
            "A call failed: call=%s error=%s code=%s",
            request.id,
            type(error).__name__,
            told.code,
        )
    return told


async def _send_error(request: Request, error: GatewayError) -> None:
    headers = [*request.headers, *error.headers]
    await send_json(request.send, error.status, error.body(), headers)
