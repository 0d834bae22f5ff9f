"""`/api/users/...`: export and delete all that is kept of a person, for scripts with a staff
key that has the scope `users`."""

from collections.abc import AsyncIterator, Iterator

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    JsonResponse,
    StreamingHttpResponse,
)

from brains.api.body import flag
from brains.api.door import Caller, Need
from brains.api.errors import NotFound
from brains.staff_keys import Scope
from cognition import people
from cognition.personal_data import export as exporting
from cognition.personal_data import forgetting, holdings

EXPORT = Need(Scope.USERS, "cognition.export_person")
FORGET = Need(Scope.USERS, "cognition.forget_person")
JSON_LINES = "application/jsonl; charset=utf-8"
SUFFIX = "/export"


def export(request: HttpRequest, caller: Caller, user_id: str) -> HttpResponseBase:
    """Answer with all that is kept of a person, as JSON Lines."""
    name = user_id.removesuffix(SUFFIX)
    if name == user_id:
        raise NotFound(f"What is kept of a user is at /api/users/<user_id>{SUFFIX}.")
    person = _person(request, name)
    if not any(holdings.count(person).values()):
        raise NotFound("Nothing is kept of this user.", "user_not_found")
    return as_json_lines(request, person)


def as_json_lines(request: HttpRequest, person: str) -> StreamingHttpResponse:
    """Return all that is kept of a person as an answer that is read as it is sent."""
    lines = exporting.lines(person)
    # Django's own way from one to the other would read all of it first.
    content = _in_threads(lines) if isinstance(request, ASGIRequest) else lines
    return StreamingHttpResponse(content, content_type=JSON_LINES)


def forget(request: HttpRequest, caller: Caller, user_id: str) -> HttpResponse:
    """Delete all that is kept of a person; of whom nothing is kept, nothing is deleted."""
    return JsonResponse({"deleted": forgetting.forget(_person(request, user_id))})


def _person(request: HttpRequest, name: str) -> str:
    try:
        return people.called(
            name,
            is_staff=flag(request, "staff"),
            is_conversation=flag(request, "conversation"),
        )
    except people.NoSuchPerson as error:
        raise NotFound(str(error), "user_not_found") from None


async def _in_threads(lines: Iterator[str]) -> AsyncIterator[str]:
    while block := await sync_to_async(_next)(lines):
        yield block


def _next(lines: Iterator[str]) -> str:
    return next(lines, "")
