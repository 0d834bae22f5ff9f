"""What a client is told when a request fails, always in OpenAI's shape.

GatewayError
├── BadRequest          400 invalid_request_error
├── Unauthorized        401 invalid_api_key
├── ModelNotFound       404 model_not_found
├── NotFound            404 for a path that is no endpoint
├── MethodNotAllowed    405
├── BodyTooLarge        413
├── UnsupportedMedia    415
├── UpstreamFailed      502, 503, 504 or what the provider refused: see `from_provider`
└── ClientGone          the client hung up: nobody is told
"""

from typing import Any

from providers.errors import (
    ProviderError,
    ProviderInvalid,
    ProviderNotReady,
    ProviderPaused,
    ProviderRejected,
    ProviderTimeout,
    ProviderTruncated,
    ProviderUnreachable,
)

INVALID_REQUEST = "invalid_request_error"
SERVER_ERROR = "server_error"


class GatewayError(Exception):
    """Base: an HTTP status, OpenAI's type and code, and a sentence that says the mend."""

    status = 500
    type = SERVER_ERROR
    code: str | None = None
    param: str | None = None
    headers: tuple[tuple[bytes, bytes], ...] = ()

    def __init__(self, message: str, *, param: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.param = param or self.param

    def body(self) -> dict[str, Any]:
        """Return `{"error": {"message", "type", "param", "code"}}`."""
        error = {"message": self.message, "type": self.type}
        return {"error": {**error, "param": self.param, "code": self.code}}


class BadRequest(GatewayError):
    """The body or a field of it cannot be used."""

    status, type = 400, INVALID_REQUEST


class Unauthorized(GatewayError):
    """No valid key came with the request."""

    status, type, code = 401, INVALID_REQUEST, "invalid_api_key"
    headers = ((b"www-authenticate", b"Bearer"),)


class ModelNotFound(GatewayError):
    """The name that was asked for leads to no layer or preset."""

    status, type, code, param = 404, INVALID_REQUEST, "model_not_found", "model"


class NotFound(GatewayError):
    """There is no endpoint at this path."""

    status, type, code = 404, INVALID_REQUEST, "not_found"


class MethodNotAllowed(GatewayError):
    """The endpoint exists, but not for this method."""

    status, type, code = 405, INVALID_REQUEST, "method_not_allowed"

    def __init__(self, allowed: str) -> None:
        super().__init__(f"Use {allowed} here.")
        every = "GET, HEAD" if allowed == "GET" else allowed
        self.headers = ((b"allow", every.encode()),)


class BodyTooLarge(GatewayError):
    """The body is larger than the gateway takes."""

    status, type, code = 413, INVALID_REQUEST, "request_too_large"


class UnsupportedMedia(GatewayError):
    """The body is not declared as JSON."""

    status, type, code = 415, INVALID_REQUEST, "unsupported_media_type"


class UpstreamFailed(GatewayError):
    """The provider could not be called, or did not give an answer."""

    def __init__(
        self,
        message: str,
        *,
        status: int,
        code: str,
        retry_after_s: float | None = None,
    ) -> None:
        super().__init__(message)
        self.status, self.code = status, code
        self.type = INVALID_REQUEST if 400 <= status < 429 else SERVER_ERROR
        if status == 429:
            self.type = "rate_limit_error"
        if retry_after_s is not None:
            seconds = str(max(1, round(retry_after_s)) if retry_after_s else 0)
            self.headers = ((b"retry-after", seconds.encode()),)


class ClientGone(Exception):
    """The client hung up; its upstream call has been ended."""


# Statuses of a provider that mean the same to our client; others become 502.
_PASSED_ON = {400: 400, 404: 404, 413: 413, 422: 422, 429: 429, 408: 504}
_PASSED_ON |= {503: 503, 504: 504, 524: 504, 529: 503}

_BY_CLASS: dict[type[ProviderError], tuple[int, str]] = {
    ProviderNotReady: (503, "provider_not_ready"),
    ProviderPaused: (503, "provider_paused"),
    ProviderUnreachable: (502, "upstream_unreachable"),
    ProviderTimeout: (504, "upstream_timeout"),
    ProviderInvalid: (502, "upstream_invalid"),
    ProviderTruncated: (502, "upstream_truncated"),
}


def from_provider(error: ProviderError) -> UpstreamFailed:
    """Return what a client is told of a provider's failure."""
    if isinstance(error, ProviderRejected):
        return _from_rejection(error)
    status, code = _BY_CLASS[type(error)]
    wait_s = error.retry_after_s if isinstance(error, ProviderPaused) else None
    return UpstreamFailed(error.message, status=status, code=code, retry_after_s=wait_s)


def _from_rejection(error: ProviderRejected) -> UpstreamFailed:
    """A provider's 401 or 403 is about our key, not the client's: it must not read so."""
    if error.status in (401, 403):
        message = "The provider refused Aura's key or account. See Aura's status page."
        return UpstreamFailed(message, status=502, code="upstream_auth")
    status = _PASSED_ON.get(error.status, 502)
    code = "rate_limit_exceeded" if status == 429 else error.code or "upstream_error"
    return UpstreamFailed(
        error.message, status=status, code=code, retry_after_s=error.retry_after_s
    )
