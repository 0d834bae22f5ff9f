"""What a script is told when `/api/` refuses it: always `{"error": {"message", "code"}}`.

ApiError
├── BadRequest          400 it cannot be understood
├── Unauthorized        401 no valid staff key
├── Forbidden           403 the key's scopes, or its creator's permissions
├── NotFound            404
├── MethodNotAllowed    405
├── Conflict            409 something else is so by now
├── BodyTooLarge        413
├── UnsupportedMedia    415
└── Unprocessable       422 it was understood and cannot be done
"""

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, JsonResponse

from brains.errors import (
    BrainError,
    CanaryRefused,
    CanaryRuns,
    EmbeddingLocked,
    NoCanary,
    PreflightFailed,
    PresetChanged,
    PresetIsLive,
    PresetNotFound,
    RevisionNotFound,
    VectorsInUse,
)

KEY_SENTENCE = (
    "Send a valid staff key as `Authorization: Bearer KEY`. Staff keys are made in the "
    "admin, or by `manage.py create_staff_key NAME`."
)


class ApiError(Exception):
    """Base: a status, a code for programs, and a sentence that says the mend."""

    status = 500
    code = "failed"

    def __init__(
        self,
        message: str,
        code: str = "",
        *,
        headers: Mapping[str, str] | None = None,
        beside: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or self.code
        self.headers = headers or {}
        self.beside = beside or {}

    def answer(self) -> JsonResponse:
        """Return the answer; what is `beside` the error stands beside it."""
        return error_answer(
            self.status, self.message, self.code, self.headers, self.beside
        )


class BadRequest(ApiError):
    """The address or the body cannot be understood."""

    status, code = 400, "bad_request"


class Unauthorized(ApiError):
    """No valid key came: whether it is wrong, revoked or expired is not told."""

    status, code = 401, "invalid_key"

    def __init__(self) -> None:
        super().__init__(KEY_SENTENCE, headers={"WWW-Authenticate": "Bearer"})


class Forbidden(ApiError):
    """The key is valid, but not for this."""

    status, code = 403, "forbidden"


class NotFound(ApiError):
    """There is nothing of that name or number."""

    status, code = 404, "not_found"


class MethodNotAllowed(ApiError):
    """The door is there, but not for this method."""

    status, code = 405, "method_not_allowed"


class Conflict(ApiError):
    """Something else is so by now than what the request takes for granted."""

    status, code = 409, "conflict"


class BodyTooLarge(ApiError):
    """The body is too large."""

    status, code = 413, "body_too_large"


class UnsupportedMedia(ApiError):
    """The body is of another kind than what the door takes."""

    status, code = 415, "unsupported_media"


class Unprocessable(ApiError):
    """It was understood, and cannot be done."""

    status, code = 422, "invalid"


def error_answer(
    status: int,
    message: str,
    code: str,
    headers: Mapping[str, str] | None = None,
    beside: Mapping[str, Any] | None = None,
) -> JsonResponse:
    """Return an error in this shape."""
    body = {"error": {"message": message, "code": code}, **(beside or {})}
    return JsonResponse(body, status=status, headers=dict(headers or {}))


def is_api(request: HttpRequest) -> bool:
    """Say whether a request is for `/api/`, and so answered with JSON whatever happens."""
    return request.path.startswith("/api/")


def refused(error: BrainError) -> ApiError:
    """Return what this room refused as an error of the API."""
    if isinstance(error, PresetNotFound):
        return NotFound(str(error), "preset_not_found")
    if isinstance(error, RevisionNotFound):
        return NotFound(str(error), "revision_not_found")
    if isinstance(error, PresetChanged):
        return Conflict(
            "The preset was changed or deleted by somebody else since you read it. Read "
            "it again and repeat your change.",
            "preset_changed",
        )
    if isinstance(error, PreflightFailed):
        return Unprocessable(str(error), "preflight_failed")
    if isinstance(error, VectorsInUse):
        return Conflict(str(error), "vectors_in_use", beside={"counts": error.counts})
    if isinstance(error, CanaryRefused):
        return Unprocessable(str(error), "canary_refused")
    return Conflict(str(error), _CONFLICTS.get(type(error), "refused"))


_CONFLICTS: Mapping[type[BrainError], str] = {
    PresetIsLive: "preset_is_live",
    EmbeddingLocked: "embedding_locked",
    CanaryRuns: "canary_runs",
    NoCanary: "no_canary",
}
