"""Who may open the admin's own pages, by which methods, and the addresses that other pages
link to."""

from collections.abc import Callable
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase, HttpResponseNotAllowed
from django.urls import reverse

View = Callable[..., HttpResponseBase]

CONFIRM = "brains.confirm_modelpreset"
ROLL_BACK = "brains.roll_back_modelpreset"

ROLL_BACK_PAGE = "brains_activation_roll_back"
ROLL_BACK_CHECK = "brains_activation_roll_back_check"
ROLL_BACK_PROGRESS = "brains_activation_roll_back_progress"
EXPLAIN_PAGE = "brains_modelpreset_explain"
COMPARE_PAGE = "brains_activation_compare"
COMPARE_PRESETS_PAGE = "brains_modelpreset_compare"

ASKING = ("GET", "HEAD", "POST")
READING = ("GET", "HEAD")
ACTING = ("POST",)


def guarded(
    view: View, may: Callable[[HttpRequest], bool], methods: tuple[str, ...]
) -> View:
    """Return `view` for those who may, by these methods: others get 403, then 405."""

    def guard(request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        if not may(request):
            raise PermissionDenied
        if request.method not in methods:
            return HttpResponseNotAllowed(methods)
        return view(request, **kwargs)

    return guard


def may(permission: str) -> Callable[[HttpRequest], bool]:
    """Return the question whether who asks has this permission."""
    return lambda request: request.user.has_perm(permission)


may_roll_back = may(ROLL_BACK)


def roll_back_url(revision: int) -> str:
    """Return the address of the page that asks before it goes back to `revision`."""
    return reverse(f"admin:{ROLL_BACK_PAGE}", args=[revision])
