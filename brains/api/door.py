"""One request to `/api/`, from its key to its answer: who calls, whether the key and its
creator may do that, and what a refusal becomes. Sessions and cookies open nothing here."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_variables

from brains import staff_keys
from brains.activation import Author
from brains.api.body import flag
from brains.api.errors import (
    ApiError,
    Forbidden,
    MethodNotAllowed,
    Unauthorized,
    refused,
)
from brains.errors import BrainError
from brains.staff_keys import Scope, StaffKey

NAME_LENGTH = 150


@dataclass(frozen=True, slots=True)
class Need:
    """What a door asks for: a scope of the key, and a permission of its creator; `also` is
    a second one."""

    scope: Scope
    permission: str
    also: str = ""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls: a valid key, and the person in whose name it acts."""

    key: StaffKey
    user: Any

    def require(self, need: Need) -> None:
        """Raise Forbidden, which names what is missing."""
        if not self.key.has_scope(need.scope):
            has = self.key.scopes.replace(",", ", ")
            raise Forbidden(
                f"This needs a key with the scope {need.scope}; this key has {has}.",
                "scope_missing",
            )
        for permission in filter(None, (need.permission, need.also)):
            if not self.user.has_perm(permission):
                raise Forbidden(
                    f"This needs the permission {permission}, which "
                    f"{self.user.get_username()}, who made this key, has not.",
                    "permission_missing",
                )

    def author(self, reason: str = "") -> Author:
        """Return who makes this change, as the history names them."""
        name = f"{self.user.get_username()} (key {self.key.name})"
        return Author(name[:NAME_LENGTH], self.user, reason)


Answer = Callable[..., HttpResponseBase]


@dataclass(frozen=True, slots=True)
class Door:
    """What answers a method of a path, and what it needs; `dry` is what it needs instead
    with `?dry_run=1`."""

    answer: Answer
    need: Need
    dry: Need | None = None

    def need_of(self, request: HttpRequest) -> Need:
        """Return what this request needs."""
        return self.dry if self.dry and flag(request, "dry_run") else self.need


def view(**doors: Door) -> Answer:
    """Return the view of a path whose doors are named after their methods."""

    @csrf_exempt
    def opened(request: HttpRequest, **named: Any) -> HttpResponseBase:
        try:
            answer: HttpResponseBase = _answered(request, doors, named)
        except ApiError as error:
            answer = error.answer()
        except BrainError as error:
            answer = refused(error).answer()
        answer["Cache-Control"] = "no-store"
        return answer

    return opened


def _answered(
    request: HttpRequest, doors: dict[str, Door], named: dict[str, Any]
) -> HttpResponseBase:
    caller = _caller(request)
    method = "GET" if request.method == "HEAD" else request.method
    door = doors.get(method or "")
    if door is None:
        allowed = ", ".join(doors)
        raise MethodNotAllowed(
            f"This path takes {allowed}.", headers={"Allow": allowed}
        )
    caller.require(door.need_of(request))
    return door.answer(request, caller, **named)


@sensitive_variables("key")
def _caller(request: HttpRequest) -> Caller:
    scheme, _, key = request.headers.get("Authorization", "").partition(" ")
    found = staff_keys.find(key.strip()) if scheme.lower() == "bearer" else None
    if found is None:
        raise Unauthorized
    return Caller(found, found.created_by)
