"""Who may enter the playground: staff with its permission, since what is said there costs
money. Everybody else is sent to sign in, or told so."""

from collections.abc import Callable
from functools import wraps

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from cognition.doors.caller import PERMISSION

View = Callable[..., HttpResponse]


def for_players(view: View) -> View:
    """Open a view to them alone, and let nothing on the way keep its answer."""

    @wraps(view)
    def opened(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        user = request.user
        if not (user.is_active and user.is_staff):
            return redirect_to_login(request.get_full_path(), reverse("admin:login"))
        if not user.has_perm(PERMISSION):
            raise PermissionDenied
        answer = view(request, *args, **kwargs)
        answer["Cache-Control"] = "no-store"
        return answer

    return opened
