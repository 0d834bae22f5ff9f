"""While the database is silent: what waits for it gives up, and pages that need it say so
at once, so that no thread waits for each of them."""

from django.http import HttpRequest, HttpResponse
from django.utils.deprecation import MiddlewareMixin

from aura_site.error_pages import database_away
from aura_site.postgresql.base import DatabaseWrapper
from brains import watcher

# The status page stands without the database, and says what it knows.
STANDING = frozenset({"/", "/status/"})


def is_silent() -> bool:
    """Say whether the database has not answered this process for some seconds."""
    running = watcher.running()
    return running is not None and not running.is_connected()


def give_up_when_silent() -> None:
    """Let no statement of this process wait for a database that answers nobody."""
    DatabaseWrapper.is_silent = staticmethod(is_silent)


class DatabaseAwayMiddleware(MiddlewareMixin):
    """Answers 503 in place of a page that would ask a silent database."""

    def process_request(self, request: HttpRequest) -> HttpResponse | None:
        """Return the page that says so, or None to go on."""
        if request.path not in STANDING and is_silent():
            return database_away(request)
        return None
