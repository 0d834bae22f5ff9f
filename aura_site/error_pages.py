"""What people see when a page fails: a sentence, and what to do; scripts that call `/api/` get
the same sentence as JSON. Clients of `/v1/*` never come here."""

import sys

from django.conf import settings
from django.db import DataError, InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from brains.api.errors import error_answer, is_api
from brains.busy import is_busy

RETRY_AFTER_S = 5
# What SQLite says of a pattern that is none, such as "(".
_BAD_PATTERN = "user-defined function raised exception"


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Say that the request cannot be understood."""
    return _misread(request)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Say that there is no such page."""
    context = {
        "title": "No such page",
        "text": "The address may be mistyped, or what it named is gone.",
    }
    return _said(request, context, 404)


def locked_out(
    request: HttpRequest, response: HttpResponse | None, credentials: object
) -> HttpResponse:
    """Say that so many passwords were wrong that none is looked at for a while (429)."""
    minutes = int(settings.AXES_COOLOFF_TIME.total_seconds() // 60)
    context = {
        "title": "Too many wrong passwords",
        "text": f"Nobody can sign in by this name from here for {minutes} minutes. An "
        "administrator can end that with `manage.py axes_reset`.",
    }
    answer = render(None, "aura/error.html", context, status=429)
    answer["Retry-After"] = str(60 * minutes)
    return answer


def failed(request: HttpRequest) -> HttpResponse:
    """Say that the address asks what cannot be answered (400), that the database is busy or
    away (503), or that Aura failed (500).

    Django calls it while it handles the exception; it asks no database.
    """
    error = sys.exc_info()[1]
    if request.method in ("GET", "HEAD") and _is_misread(error):
        return _misread(request)
    if isinstance(error, OperationalError | InterfaceError):
        return _unavailable(request, _BUSY if is_busy(error) else _AWAY)
    context = {
        "title": "Aura failed",
        "text": "Nothing was changed by this page. The log says why it failed.",
    }
    return _said(request, context, 500)


_AWAY = {
    "title": "Database away",
    "text": "The database does not answer, so this page cannot be shown and nothing was "
    "changed. Requests of clients go on. Try again in a moment.",
}
_BUSY = {
    "title": "Database busy",
    "text": "Another change held the database for too long, so this one was given up: "
    "nothing was changed. Requests of clients go on. Try again in a moment.",
}


def _is_misread(error: BaseException | None) -> bool:
    """Say whether the database refused a value of the address: it is not away then."""
    if isinstance(error, OperationalError):
        return str(error) == _BAD_PATTERN
    return isinstance(error, DataError)


def _misread(request: HttpRequest) -> HttpResponse:
    context = {
        "title": "Not understood",
        "text": "The address or the form asks for something that this page does not know. "
        "Nothing was changed.",
    }
    return _said(request, context, 400)


def database_away(request: HttpRequest) -> HttpResponse:
    """Say that the database is away (503), and for how long not to ask."""
    return _unavailable(request, _AWAY)


def _said(request: HttpRequest, context: dict[str, str], status: int) -> HttpResponse:
    """Return the page, or the answer of `/api/`. The page is made without the request: what
    surrounds other pages may ask the database."""
    if is_api(request):
        return error_answer(status, context["text"], _CODES[status])
    asked = request if status == 404 else None
    return render(asked, "aura/error.html", context, status=status)


_CODES = {400: "bad_request", 404: "not_found", 500: "failed", 503: "unavailable"}


def _unavailable(request: HttpRequest, context: dict[str, str]) -> HttpResponse:
    answer = _said(request, context, 503)
    answer["Retry-After"] = str(RETRY_AFTER_S)
    return answer
