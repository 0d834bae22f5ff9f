"""What people see when a page fails: a sentence, and what to do. Clients of `/v1/*` never
come here."""

import sys

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

RETRY_AFTER_S = 5


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Say that there is no such page."""
    context = {
        "title": "No such page",
        "text": "The address may be mistyped, or what it named is gone.",
    }
    return render(request, "aura/error.html", context, status=404)


def failed(request: HttpRequest) -> HttpResponse:
    """Say that the database is away (503), or that Aura failed (500).

    Django calls it while it handles the exception; it asks no database.
    """
    if isinstance(sys.exc_info()[1], OperationalError | InterfaceError):
        return _database_away()
    context = {
        "title": "Aura failed",
        "text": "Nothing was changed by this page. The log says why it failed.",
    }
    return render(None, "aura/error.html", context, status=500)


def _database_away() -> HttpResponse:
    context = {
        "title": "Database away",
        "text": "The database does not answer or is busy, so this page cannot be shown and "
        "nothing was changed. Requests of clients go on. Try again in a moment.",
    }
    answer = render(None, "aura/error.html", context, status=503)
    answer["Retry-After"] = str(RETRY_AFTER_S)
    return answer
