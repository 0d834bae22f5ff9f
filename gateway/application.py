"""The data plane: an ASGI application of its own for `/v1/*`, `/health*` and
`/openapi.json`. No Django handler, no middleware, no thread, no database."""

import logging
from collections.abc import Awaitable, Callable, Mapping

from gateway.chat import chat_completions
from gateway.deadlines import DEADLINES
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
from gateway.http import Receive, Scope, Send
from gateway.metrics.endpoint import count_refused, metrics
from gateway.model_list import PREFIX, list_models, show_model
from gateway.openapi import openapi, prepared
from gateway.plans import Plans
from gateway.request import Request, Surroundings
from gateway.upstream import Upstream
from providers.deadlines import Deadlines
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
    "/metrics": ("GET", metrics),
    "/openapi.json": ("GET", openapi),
}

OTHERS = frozenset({"/v1", "/health", "/openapi.json"})


def is_ours(path: str) -> bool:
    """Say whether a path belongs to the data plane alone."""
    return path.startswith(("/v1/", "/health/")) or path in OTHERS


class Gateway:
    """The data plane of one worker process."""

    def __init__(
        self,
        registry: Registry,
        aliases: Mapping[str, str],
        deadlines: Mapping[str, Deadlines] = DEADLINES,
    ) -> None:
        self.upstream = Upstream()
        plans = Plans(registry, aliases, deadlines)
        self._around = Surroundings(self.upstream, plans, aliases, prepared())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request."""
        request = Request(scope, receive, send, self._around)
        try:
            await _endpoint(scope)(request)
        except ClientGone as gone:
            logger.info("The client hung up: call=%s", request.id)
            request.refuse(gone)
        except (ProviderError, GatewayError) as error:
            told = _told(request, error)
            request.refuse(told)
            await request.answer(told.status, told.body(), told.headers)
        except Exception as error:
            logger.exception("A request failed: call=%s", request.id)
            request.refuse(error)
            if request.has_begun:
                raise
            told = GatewayError("Aura failed. Its log says why.")
            await request.answer(told.status, told.body())

    async def close(self) -> None:
        """Close the connections to providers."""
        await self.upstream.client.close()


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
    """Return what the client is told; what was not its own doing is logged or counted."""
    told = from_provider(error) if isinstance(error, ProviderError) else error
    if isinstance(told, UpstreamFailed):
        logger.error(
            "A call failed: call=%s error=%s code=%s",
            request.id,
            type(error).__name__,
            told.code,
        )
    if request.key is None:
        count_refused(told.code or told.type)
    return told
